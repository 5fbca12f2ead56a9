#include "cli/chat/chat_event.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace minerva::cli {
namespace {

using Json = nlohmann::json;

// The member if it is there and of the wanted type, else null.
const Json* member(const Json& object, const char* name, bool (Json::*is_wanted)() const noexcept) {
  const auto found = object.find(name);
  return found != object.end() && ((*found).*is_wanted)() ? &*found : nullptr;
}

std::string text_of(const Json& object, const char* name) {
  const Json* text = member(object, name, &Json::is_string);
  return text == nullptr ? std::string{} : text->get<std::string>();
}

template <typename Number>
Number number_of(const Json& object, const char* name) {
  const Json* number = member(object, name, &Json::is_number);
  return number == nullptr ? Number{} : number->get<Number>();
}

// The codes of OpenAI's dialect that differ from ours.
ErrorCode code_of(std::string_view name) {
  if (name == "context_length_exceeded") return ErrorCode::kContextOverflow;
  if (name == "invalid_api_key") return ErrorCode::kUnauthorized;
  return error_code_from_name(name).value_or(ErrorCode::kInternal);
}

Error error_of(const Json& error) {
  std::string message = text_of(error, "message");
  if (message.empty()) message = "the server reported an error without a message";
  return {.code = code_of(text_of(error, "code")), .message = std::move(message), .field = {}};
}

AnswerStats stats_of(const Json& timings) {
  AnswerStats stats;
  stats.n_cached = number_of<std::uint32_t>(timings, "cache_n");
  stats.n_prompt = number_of<std::uint32_t>(timings, "prompt_n") + stats.n_cached;
  stats.n_generated = number_of<std::uint32_t>(timings, "predicted_n");
  stats.prompt_ms = number_of<double>(timings, "prompt_ms");
  stats.decode_ms = number_of<double>(timings, "predicted_ms");
  stats.tokens_per_second = number_of<double>(timings, "predicted_per_second");
  return stats;
}

ChatEvent event_of(const Json& chunk) {
  if (const Json* error = member(chunk, "error", &Json::is_object)) return error_of(*error);
  const Json* choices = member(chunk, "choices", &Json::is_array);
  if (choices == nullptr || choices->empty() || !choices->front().is_object()) return Nothing{};
  const Json& choice = choices->front();
  if (const std::string reason = text_of(choice, "finish_reason"); !reason.empty()) {
    const Json* timings = member(chunk, "timings", &Json::is_object);
    return AnswerEnd{.finish_reason = reason,
                     .stats = timings == nullptr ? std::nullopt : std::optional{stats_of(*timings)}};
  }
  const Json* delta = member(choice, "delta", &Json::is_object);
  std::string text = delta == nullptr ? std::string{} : text_of(*delta, "content");
  if (text.empty()) return Nothing{};
  return AnswerText{std::move(text)};
}

}  // namespace

ChatEvent parse_chat_line(std::string_view line) {
  constexpr std::string_view kData = "data:";
  if (!line.starts_with(kData)) return Nothing{};
  line.remove_prefix(kData.size());
  if (line.starts_with(' ')) line.remove_prefix(1);
  if (line == "[DONE]") return AnswerDone{};
  const Json chunk = Json::parse(line, nullptr, false);
  if (!chunk.is_object())
    return Error{.code = ErrorCode::kInternal, .message = "the server sent what is no event", .field = {}};
  return event_of(chunk);
}

Error parse_error_body(int status, const std::string& body) {
  const Json document = Json::parse(body, nullptr, false);
  if (document.is_object()) {
    if (const Json* error = member(document, "error", &Json::is_object)) return error_of(*error);
  }
  return {.code = ErrorCode::kInternal,
          .message = fmt::format("the server answered with status {}; is it Minerva?", status),
          .field = {}};
}

}  // namespace minerva::cli
