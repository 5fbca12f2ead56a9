#pragma once
// GET /v1/models and GET /v1/models/ID.
//
// Threads: the I/O thread.

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>

#include "api/api_context.h"
#include "api/json_text.h"
#include "http/exchange.h"

namespace minerva::api::openai {

// The model as OpenAI's clients read it, with `meta` as llama-server adds it once the model is loaded.
[[nodiscard]] Json model_json(const gateway::GatewayStatus& status, std::int64_t created);

[[nodiscard]] boost::asio::awaitable<void> handle_model_list(std::shared_ptr<ApiContext> context,
                                                             http::Exchange& exchange);
[[nodiscard]] boost::asio::awaitable<void> handle_model(std::shared_ptr<ApiContext> context,
                                                        http::Exchange& exchange);

}  // namespace minerva::api::openai
