#pragma once
// POST /v1/chat/completions.
//
// Threads: the I/O thread.

#include <boost/asio/awaitable.hpp>

#include <memory>

#include "api/api_context.h"
#include "http/exchange.h"

namespace minerva::api::openai {

[[nodiscard]] boost::asio::awaitable<void> handle_chat_completion(std::shared_ptr<ApiContext> context,
                                                                  http::Exchange& exchange);

}  // namespace minerva::api::openai
