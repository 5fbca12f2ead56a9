#include "cli/chat/chat_session.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/utf8.h"

namespace minerva::cli {

ChatSession::ChatSession(ChatOptions options) : options_(std::move(options)), client_(options_.server) {}

Result<Answer> ChatSession::ask(std::string question, const std::function<void(std::string_view)>& on_text,
                                std::stop_token stop) {
  messages_.push_back({.role = "user", .content = utf8::sanitize(question)});
  http::ClientRequest request{
      .method = "POST", .target = "/v1/chat/completions", .headers = {}, .body = request_body()};
  if (!options_.api_key.empty()) request.headers.emplace_back("authorization", "Bearer " + options_.api_key);

  Answer answer;
  std::optional<Error> failure;
  const auto take_line = [&](std::string_view line) {
    ChatEvent event = parse_chat_line(line);
    if (const auto* text = std::get_if<AnswerText>(&event)) {
      answer.text += text->text;
      on_text(text->text);
    }
    if (auto* end = std::get_if<AnswerEnd>(&event)) answer.end = std::move(*end);
    if (auto* error = std::get_if<Error>(&event)) failure = std::move(*error);
    return !failure && !std::holds_alternative<AnswerDone>(event);
  };
  const auto response = client_.send_streaming(request, take_line, stop);

  if (!response && response.error().code == ErrorCode::kCancelled && stop.stop_requested()) {
    answer.stopped = true;
  } else if (!response) {
    failure = response.error();
  } else if (response->status != 200) {
    failure = parse_error_body(response->status, response->body);
  } else if (!failure && answer.end.finish_reason.empty()) {
    failure = Error{.code = ErrorCode::kInternal,
                    .message = "the server ended the answer without saying so",
                    .field = {}};
  }
  if (failure) {
    messages_.pop_back();
    return std::unexpected(*std::move(failure));
  }
  messages_.push_back({.role = "assistant", .content = answer.text});
  return answer;
}

void ChatSession::clear() { messages_.clear(); }

void ChatSession::set_system(std::string text) { options_.system = utf8::sanitize(text); }

std::string ChatSession::request_body() const {
  using Json = nlohmann::json;
  Json messages = Json::array();
  if (!options_.system.empty()) messages.push_back({{"role", "system"}, {"content", options_.system}});
  for (const Message& message : messages_)
    messages.push_back({{"role", message.role}, {"content", message.content}});
  Json body{{"messages", std::move(messages)}, {"stream", true}};
  if (options_.max_tokens) body["max_tokens"] = *options_.max_tokens;
  if (options_.temperature) body["temperature"] = *options_.temperature;
  return body.dump();
}

}  // namespace minerva::cli
