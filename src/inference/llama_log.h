#pragma once
// What libllama and ggml say. Their log is one global callback; the lines go to ours at level debug, and the ones that
// explain a failure, or carry sizes that no function returns, can be collected while something is done.
//
// Threads: any; the library may call from its own.

#include <cstddef>
#include <string>
#include <vector>

namespace minerva::inference {

class LlamaLogCapture {
 public:
  // From here to the destructor lines are kept. Captures may lie inside each other, on one thread.
  LlamaLogCapture();
  ~LlamaLogCapture();
  LlamaLogCapture(const LlamaLogCapture&) = delete;
  LlamaLogCapture& operator=(const LlamaLogCapture&) = delete;

  [[nodiscard]] std::vector<std::string> lines() const;
  // Lines of level error, oldest first; at most the last eight.
  [[nodiscard]] std::vector<std::string> errors() const;

 private:
  std::size_t first_;  // line of this capture
};

// The latest lines of level error, oldest first, whether or not anyone captures; at most eight.
[[nodiscard]] std::vector<std::string> recent_library_errors();

// Sends the library's log here. Before the first call into the library; again is harmless.
void install_llama_log();

}  // namespace minerva::inference
