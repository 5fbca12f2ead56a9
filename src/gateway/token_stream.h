#pragma once
// The consumer's end of one request: the events of its choices in one order.
//
// Each choice ends with one Finished after all its text, or the whole request with one Error, whatever happens to client,
// worker or gateway: a choice that fails ends the others too, and nothing comes behind its error. When the consumer is
// slower than the tokens, waiting text is merged into one delta a choice. Letting go of the stream before its end cancels
// what still runs: the sequences are freed within one step, in the queue and in the prompt phase too.
//
// Threads: the gateway's I/O thread only.

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
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
  std::uint32_t choice = 0;
};

struct Finished {
  wire::FinishReason reason = wire::FinishReason::kStop;
  std::string stop_text;
  wire::GenerationStats stats;
  std::uint32_t choice = 0;
};

using StreamEvent = std::variant<TextDelta, Finished, Error>;

class Choices;

class TokenStream {
 public:
  explicit TokenStream(std::shared_ptr<Choices> choices);
  ~TokenStream();
  TokenStream(TokenStream&&) noexcept;
  TokenStream& operator=(TokenStream&&) = delete;

  // Waits for the worker's word on the request: nothing when it was accepted (the HTTP status can be 200), else the
  // error that ends it (prompt too long, worker gone), which is then the last event. Call once, before next(), if at
  // all.
  [[nodiscard]] boost::asio::awaitable<Status> accepted();

  // The next event; not to be called when done. Not to be raced against another operation with Asio's cancellation, which
  // could lose an event: cancel() ends a wait.
  [[nodiscard]] boost::asio::awaitable<StreamEvent> next();
  // The same, or nothing when there was no event for so long.
  [[nodiscard]] boost::asio::awaitable<std::optional<StreamEvent>> next_within(
      std::chrono::milliseconds patience);

  // The last event was given.
  [[nodiscard]] bool done() const;

  // Ends a choice now, as if the model had ended here: its Finished comes then, without the text that waited, and with the
  // engine's numbers up to the last token that came. Safe to call while next() waits.
  void end_early(std::uint32_t choice = 0);

  // Ends the request now; next() then gives Error{kCancelled}, without the text that waited. Safe to call while next()
  // or accepted() waits, as is letting go of the stream.
  void cancel();

 private:
  std::shared_ptr<Choices> choices_;
};

}  // namespace minerva::gateway
