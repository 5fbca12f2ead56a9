#include "api/openai/chat_response.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

#include "api/openai/errors.h"
#include "api/timings.h"

namespace minerva::api::openai {
namespace {

constexpr std::string_view kDone = "data: [DONE]\n\n";

std::string event(std::string_view data) { return fmt::format("data: {}\n\n", data); }

std::string_view name_of(wire::FinishReason reason) {
  return reason == wire::FinishReason::kLength ? "length" : "stop";
}

Json usage_json(const wire::GenerationStats& stats) {
  return {{"prompt_tokens", stats.n_prompt},
          {"completion_tokens", stats.n_generated},
          {"total_tokens", stats.n_prompt + stats.n_generated},
          {"prompt_tokens_details", {{"cached_tokens", stats.n_cached}}}};
}

}  // namespace

ChatHead make_head(std::uint64_t random, std::int64_t created, std::string model) {
  return {.id = fmt::format("chatcmpl-{:016x}", random), .created = created, .model = std::move(model)};
}

std::string completion_body(const ChatHead& head, std::string_view text, const gateway::Finished& finished,
                            const Card& card) {
  const Json choice = {{"index", 0},
                       {"message", {{"role", "assistant"}, {"content", text}, {"refusal", nullptr}}},
                       {"logprobs", nullptr},
                       {"finish_reason", name_of(finished.reason)}};
  return to_text({{"id", head.id},
                  {"object", "chat.completion"},
                  {"created", head.created},
                  {"model", head.model},
                  {"choices", Json::array({choice})},
                  {"usage", usage_json(finished.stats)},
                  {"timings", timings_json(finished.stats, card)}});
}

Json ChatEvents::chunk(Json delta, Json finish_reason) const {
  const Json choice = {{"index", 0},
                       {"delta", std::move(delta)},
                       {"logprobs", nullptr},
                       {"finish_reason", std::move(finish_reason)}};
  Json chunk = {{"id", head_.id},
                {"object", "chat.completion.chunk"},
                {"created", head_.created},
                {"model", head_.model},
                {"choices", Json::array({choice})}};
  if (include_usage_) chunk["usage"] = nullptr;
  return chunk;
}

std::string ChatEvents::role() const {
  return event(to_text(chunk({{"role", "assistant"}, {"content", ""}, {"refusal", nullptr}}, nullptr)));
}

std::string ChatEvents::text(std::string_view text) const {
  return event(to_text(chunk({{"content", text}}, nullptr)));
}

std::string ChatEvents::end(const gateway::Finished& finished, const Card& card) const {
  Json last = chunk(Json::object(), name_of(finished.reason));
  last["timings"] = timings_json(finished.stats, card);
  std::string events = event(to_text(last));
  if (include_usage_) {
    Json usage = chunk(Json::object(), nullptr);
    usage["choices"] = Json::array();
    usage["usage"] = usage_json(finished.stats);
    events += event(to_text(usage));
  }
  return events.append(kDone);
}

std::string error_event(const Error& error) { return event(error_body(error)); }

}  // namespace minerva::api::openai
