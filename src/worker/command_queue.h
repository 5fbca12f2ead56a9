#pragma once
// What the reader thread hands to the engine's thread, in order.
//
// Threads: push() and close() from the reader, the rest from the engine's thread.

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <variant>
#include <vector>

#include "base/error.h"
#include "inference/inference_backend.h"
#include "wire/messages.h"

namespace minerva::worker {

// A Submit with its prompt as tokens, or the reason why there are none; the prompt's text is not needed any more.
struct TokenizedSubmit {
  wire::GenerationSpec spec;
  Result<std::vector<inference::Token>> prompt;
};

// A Submit of a request that another worker began.
struct Resume {
  wire::GenerationSpec spec;
  wire::Resumption from;
};

using Command = std::variant<wire::Hello, wire::LoadRequest, TokenizedSubmit, Resume, wire::Cancel>;

class CommandQueue {
 public:
  // More than any gateway lets in; a reader that meets it waits, and so does the gateway behind it.
  static constexpr std::size_t kCapacity = 4096;

  // Blocks while full. False after close().
  bool push(Command command);

  // The end of the stream: `reason` is an error when it did not end in good order. Wakes both sides.
  void close(Status reason);
  [[nodiscard]] bool closed() const;
  [[nodiscard]] Status close_reason() const;

  // Everything that is there, at once. Waits up to `patience` for the first; less when the queue is closed.
  [[nodiscard]] std::vector<Command> take(std::chrono::milliseconds patience);

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Command> commands_;
  std::optional<Status> closed_;
};

}  // namespace minerva::worker
