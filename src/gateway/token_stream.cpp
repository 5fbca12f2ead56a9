#include "gateway/token_stream.h"

#include <cassert>
#include <utility>

#include "gateway/choices.h"

namespace minerva::gateway {

namespace asio = boost::asio;

TokenStream::TokenStream(std::shared_ptr<Choices> choices) : choices_(std::move(choices)) {}

TokenStream::~TokenStream() { cancel(); }

TokenStream::TokenStream(TokenStream&&) noexcept = default;

asio::awaitable<Status> TokenStream::accepted() {
  assert(choices_ && "the stream was moved from");
  return Choices::accepted(choices_);
}

asio::awaitable<StreamEvent> TokenStream::next() {
  assert(choices_ && "the stream was moved from");
  return Choices::next(choices_);
}

asio::awaitable<std::optional<StreamEvent>> TokenStream::next_within(std::chrono::milliseconds patience) {
  assert(choices_ && "the stream was moved from");
  return Choices::next_until(choices_, Clock::now() + patience);
}

bool TokenStream::done() const {
  assert(choices_ && "the stream was moved from");
  return choices_->done();
}

void TokenStream::end_early(std::uint32_t choice) {
  assert(choices_ && "the stream was moved from");
  choices_->end_early(choice);
}

void TokenStream::cancel() {
  if (choices_) choices_->cancel();
}

}  // namespace minerva::gateway
