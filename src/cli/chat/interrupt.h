#pragma once
// Ctrl-C as a value: while an Interrupt lives, SIGINT ends no program but makes a descriptor readable.
//
// Threads: one at a time waits; the signal may come to any thread. One object at a time in a process.

#include <stop_token>
#include <thread>

namespace minerva::cli {

class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // Readable when Ctrl-C was pressed since the last take().
  [[nodiscard]] int descriptor() const { return descriptor_; }
  // True once for each press or group of presses.
  [[nodiscard]] bool take();

 private:
  int descriptor_;
};

// While it lives, Ctrl-C requests the stop.
class StopOnInterrupt {
 public:
  explicit StopOnInterrupt(Interrupt& interrupt);
  ~StopOnInterrupt();
  StopOnInterrupt(const StopOnInterrupt&) = delete;
  StopOnInterrupt& operator=(const StopOnInterrupt&) = delete;

  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }

 private:
  Interrupt& interrupt_;
  std::stop_source source_;
  int end_;  // wakes the watcher when the answer is there
  std::thread watcher_;
};

}  // namespace minerva::cli
