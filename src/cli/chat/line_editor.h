#pragma once
// Reads lines from the terminal, with editing and a history (libedit). History is kept in memory only.
//
// Threads: one.

#include <memory>
#include <string>

#include "cli/chat/interrupt.h"

namespace minerva::cli {

struct EnteredLine {
  enum class Kind { kLine, kInterrupted, kEnd };
  Kind kind = Kind::kEnd;
  std::string text;  // of kLine, without its end; of kInterrupted, what had been typed
};

class LineEditor {
 public:
  // `interrupt` outlives the editor; Ctrl-C while a line is read gives kInterrupted.
  explicit LineEditor(Interrupt& interrupt);
  ~LineEditor();

  [[nodiscard]] EnteredLine read(const std::string& prompt);
  void remember(const std::string& line);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace minerva::cli
