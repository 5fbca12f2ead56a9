#include "gateway/token_stream.h"

#include <cassert>
#include <utility>

#include "gateway/generation.h"

namespace minerva::gateway {

namespace asio = boost::asio;

TokenStream::TokenStream(std::shared_ptr<Generation> generation) : generation_(std::move(generation)) {}

TokenStream::~TokenStream() { cancel(); }

TokenStream::TokenStream(TokenStream&&) noexcept = default;

asio::awaitable<Status> TokenStream::accepted() {
  assert(generation_ && "the stream was moved from");
  return Generation::accepted(generation_);
}

asio::awaitable<StreamEvent> TokenStream::next() {
  assert(generation_ && "the stream was moved from");
  return Generation::next(generation_);
}

void TokenStream::end_early() {
  assert(generation_ && "the stream was moved from");
  generation_->end_early();
}

void TokenStream::cancel() {
  if (generation_) generation_->cancel();
}

}  // namespace minerva::gateway
