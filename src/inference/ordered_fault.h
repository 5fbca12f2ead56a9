#pragma once
// Faults to order, for `minerva drill`: the next decode fails as it would for the real reason, or never returns.
//
// Threads: signals come to any thread; one thread decodes.

namespace minerva::inference {

// From now on the signals of wire/drill_signals.h order a fault.
void obey_drill_signals();

// Called where the library is about to compute. Throws what ggml's Vulkan back end would, or does not return.
void strike_if_ordered();

}  // namespace minerva::inference
