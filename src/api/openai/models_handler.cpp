#include "api/openai/models_handler.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <string>
#include <utility>

#include "api/openai/errors.h"

namespace minerva::api::openai {
namespace {

namespace asio = boost::asio;

// The server serves its model from its start on.
std::int64_t start_time(const ApiContext& context) {
  const auto age =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - context.started);
  const auto now = std::chrono::floor<std::chrono::seconds>(context.now());
  return (now - age).time_since_epoch().count();
}

}  // namespace

Json model_json(const gateway::GatewayStatus& status, std::int64_t created) {
  Json model = {
      {"id", status.model_name}, {"object", "model"}, {"created", created}, {"owned_by", "minerva"}};
  if (!status.card) return model;
  const wire::ModelCard& card = *status.card;
  model["meta"] = {
      {"name", card.name},        {"architecture", card.architecture}, {"quantization", card.quantization},
      {"n_vocab", card.n_vocab},  {"n_ctx_train", card.n_ctx_train},   {"n_ctx", card.n_ctx_sequence},
      {"n_layer", card.n_layers}, {"n_params", card.n_parameters},     {"size", card.file_bytes}};
  return model;
}

asio::awaitable<void> handle_model_list(std::shared_ptr<ApiContext> context, http::Exchange& exchange) {
  const Json model = model_json(context->gateway.status(), start_time(*context));
  http::Response response;
  response.body = to_text({{"object", "list"}, {"data", Json::array({model})}});
  std::ignore = co_await exchange.respond(std::move(response));
}

asio::awaitable<void> handle_model(std::shared_ptr<ApiContext> context, http::Exchange& exchange) {
  const gateway::GatewayStatus status = context->gateway.status();
  const std::string asked =
      exchange.request().captures.empty() ? std::string() : exchange.request().captures.front();
  http::Response response;
  if (asked == status.model_name) {
    response.body = to_text(model_json(status, start_time(*context)));
  } else {
    response = error_response({.code = ErrorCode::kModelNotFound,
                               .message = fmt::format("there is no model \"{}\" here; this server has \"{}\"",
                                                      asked, status.model_name),
                               .field = "model"});
  }
  std::ignore = co_await exchange.respond(std::move(response));
}

}  // namespace minerva::api::openai
