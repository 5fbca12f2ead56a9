#include "api/openai/chat_response.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>
#include <variant>

#include "api/openai/errors.h"
#include "api/openai/logprobs.h"
#include "api/timings.h"

namespace minerva::api::openai {
namespace {

constexpr std::string_view kDone = "data: [DONE]\n\n";

std::string event(std::string_view data) { return fmt::format("data: {}\n\n", data); }

std::string_view name_of(wire::FinishReason reason, bool has_calls) {
  if (reason == wire::FinishReason::kLength) return "length";
  return has_calls ? "tool_calls" : "stop";
}

// Text beside calls is kept; without any, the content of an answer of calls is null.
Json message_json(const Answer& answer) {
  Json message = {{"role", "assistant"}, {"content", answer.text}, {"refusal", nullptr}};
  if (answer.calls.empty()) return message;
  if (answer.text.empty()) message["content"] = nullptr;
  for (const chat::ToolCall& call : answer.calls) {
    message["tool_calls"].push_back({{"id", call.id},
                                     {"type", "function"},
                                     {"function", {{"name", call.name}, {"arguments", call.arguments}}}});
  }
  return message;
}

// The prompt counts once, however many choices it has; so does what the request found of it in the cache.
Json usage_json(std::span<const wire::GenerationStats> choices) {
  const std::uint32_t n_prompt = choices.front().n_prompt;
  const std::uint32_t n_generated = together(choices).n_generated;
  const std::uint32_t n_cached = std::ranges::min(choices, {}, &wire::GenerationStats::n_cached).n_cached;
  return {{"prompt_tokens", n_prompt},
          {"completion_tokens", n_generated},
          {"total_tokens", n_prompt + n_generated},
          {"prompt_tokens_details", {{"cached_tokens", n_cached}}}};
}

Json choice_json(const Choice& choice, std::size_t index) {
  const auto& [answer, finished] = choice;
  return {{"index", index},
          {"message", message_json(answer)},
          {"logprobs", logprobs_json(answer.probabilities)},
          {"finish_reason", name_of(finished.reason, !answer.calls.empty())}};
}

Json delta_json(const chat::ContentDelta& delta) { return {{"content", delta.text}}; }

Json delta_json(const chat::CallStart& start) {
  const Json call = {{"index", start.index},
                     {"id", start.id},
                     {"type", "function"},
                     {"function", {{"name", start.name}, {"arguments", ""}}}};
  return {{"tool_calls", Json::array({call})}};
}

Json delta_json(const chat::ArgumentsDelta& delta) {
  const Json call = {{"index", delta.index}, {"function", {{"arguments", delta.text}}}};
  return {{"tool_calls", Json::array({call})}};
}

}  // namespace

ChatHead make_head(std::uint64_t random, std::int64_t created, std::string model) {
  return {.id = fmt::format("chatcmpl-{:016x}", random), .created = created, .model = std::move(model)};
}

std::string completion_body(const ChatHead& head, std::span<const Choice> choices, const Card& card) {
  Json told = Json::array();
  std::vector<wire::GenerationStats> stats;
  for (const Choice& choice : choices) {
    told.push_back(choice_json(choice, told.size()));
    stats.push_back(choice.finished.stats);
  }
  return to_text({{"id", head.id},
                  {"object", "chat.completion"},
                  {"created", head.created},
                  {"model", head.model},
                  {"choices", std::move(told)},
                  {"usage", usage_json(stats)},
                  {"timings", timings_json(together(stats), card)}});
}

Json ChatEvents::chunk(std::uint32_t choice, Json delta, Json finish_reason, Json logprobs) const {
  const Json part = {{"index", choice},
                     {"delta", std::move(delta)},
                     {"logprobs", std::move(logprobs)},
                     {"finish_reason", std::move(finish_reason)}};
  Json chunk = {{"id", head_.id},
                {"object", "chat.completion.chunk"},
                {"created", head_.created},
                {"model", head_.model},
                {"choices", Json::array({part})}};
  if (include_usage_) chunk["usage"] = nullptr;
  return chunk;
}

std::string ChatEvents::role(std::uint32_t choice, bool may_call) const {
  const Json content = may_call ? Json() : Json("");
  return event(to_text(
      chunk(choice, {{"role", "assistant"}, {"content", content}, {"refusal", nullptr}}, nullptr, nullptr)));
}

std::string ChatEvents::deltas(std::uint32_t choice, const std::vector<chat::ToolEvent>& events,
                               const std::vector<wire::TokenProbabilities>& probabilities) const {
  Json logprobs = logprobs_json(probabilities);
  std::string bytes;
  for (const chat::ToolEvent& each : events) {
    Json delta = std::visit([](const auto& value) { return delta_json(value); }, each);
    bytes += event(to_text(chunk(choice, std::move(delta), nullptr, std::exchange(logprobs, nullptr))));
  }
  if (!logprobs.is_null())
    bytes += event(to_text(chunk(choice, Json::object(), nullptr, std::move(logprobs))));
  return bytes;
}

std::string ChatEvents::finish(const gateway::Finished& finished, bool has_calls) const {
  return event(to_text(chunk(finished.choice, Json::object(), name_of(finished.reason, has_calls), nullptr)));
}

std::string ChatEvents::end(const gateway::Finished& last, bool has_calls,
                            std::span<const wire::GenerationStats> all, const Card& card) const {
  Json final = chunk(last.choice, Json::object(), name_of(last.reason, has_calls), nullptr);
  final["timings"] = timings_json(together(all), card);
  std::string events = event(to_text(final));
  if (include_usage_) {
    Json usage = chunk(0, Json::object(), nullptr, nullptr);
    usage["choices"] = Json::array();
    usage["usage"] = usage_json(all);
    events += event(to_text(usage));
  }
  return events.append(kDone);
}

std::string error_event(const Error& error) { return event(error_body(error)); }

}  // namespace minerva::api::openai
