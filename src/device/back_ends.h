#pragma once
// Which of ggml's back ends this process has.
//
// A back end for GPUs loads the drivers of the machine, and a broken driver can end or stop the process while it is asked
// for its devices. A process that is to compute on the CPU alone never meets one.
//
// Threads: any. Nothing is ever unloaded.

#include <cstdint>

namespace minerva::device {

enum class BackEnds : std::uint8_t {
  kCpu,  // the one for the CPU, in the variant that fits this machine; where ggml has them all built in: all
  kAll,
};

void load_back_ends(BackEnds wanted);

}  // namespace minerva::device
