#pragma once
// The consumer's end of one generation.
//
// Exactly one terminal event comes, after all text, whatever happens to client, worker or gateway. When the consumer is
// slower than the tokens, waiting text is merged into one delta. Letting go of the stream before its end cancels the
// generation: the sequence is freed within one step, in the queue and in the prompt phase too.
//
// Threads: the gateway's I/O thread only.

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "wire/types.h"

namespace minerva::gateway {

struct TextDelta {
  std::string
      text;  // whole code points; empty only at the end, for the probabilities of tokens that showed none
  std::uint32_t n_tokens = 0;
  std::vector<wire::TokenProbabilities> probabilities;  // of these tokens, when the request asked for them
};

struct Finished {
  wire::FinishReason reason = wire::FinishReason::kStop;
  std::string stop_text;
  wire::GenerationStats stats;
};

// Failed is terminal like Finished; the error says why.
using StreamEvent = std::variant<TextDelta, Finished, Error>;

class Generation;

class TokenStream {
 public:
  explicit TokenStream(std::shared_ptr<Generation> generation);
  ~TokenStream();
  TokenStream(TokenStream&&) noexcept;
  TokenStream& operator=(TokenStream&&) = delete;

  // Waits for the worker's word on the request: nothing when it was accepted (the HTTP status can be 200), else the
  // error that ends it (prompt too long, worker gone), which is then the terminal event. Call once, before next(), if at
  // all.
  [[nodiscard]] boost::asio::awaitable<Status> accepted();

  // The next event; not to be called again after a terminal one. Not to be raced against another operation with Asio's
  // cancellation, which could lose an event: cancel() ends a wait.
  [[nodiscard]] boost::asio::awaitable<StreamEvent> next();

  // Ends the generation now, as if the model had ended here: next() then gives Finished, without the text that waited, and
  // with the engine's numbers up to the last token that came. Safe to call while next() waits.
  void end_early();

  // Ends the generation now; next() then gives Error{kCancelled}, without the text that waited. Safe to call while next()
  // or accepted() waits, as is letting go of the stream.
  void cancel();

 private:
  std::shared_ptr<Generation> generation_;
};

}  // namespace minerva::gateway
