#pragma once
// A conversation with a server: remembers what was said, asks the next question, streams the answer.
//
// Threads: one; the stop token may be triggered from any.

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "cli/chat/chat_event.h"
#include "http/client.h"

namespace minerva::cli {

struct ChatOptions {
  http::ClientOptions server;
  std::string api_key;                      // empty: none
  std::string system;                       // empty: none
  std::optional<std::uint32_t> max_tokens;  // of an answer; nothing: as many as the context holds
  std::optional<double> temperature;        // nothing: the server's
};

struct Answer {
  std::string text;
  bool stopped = false;  // by the stop token; `text` is what came until then
  AnswerEnd end;
};

class ChatSession {
 public:
  explicit ChatSession(ChatOptions options);

  // `on_text` gets each piece as it comes. A question whose answer fails is forgotten, so that the next one may succeed;
  // one whose answer was stopped stays with what came of it.
  [[nodiscard]] Result<Answer> ask(std::string question, const std::function<void(std::string_view)>& on_text,
                                   std::stop_token stop = {});

  // Forgets all but the system message.
  void clear();
  void set_system(std::string text);
  [[nodiscard]] const std::string& system() const { return options_.system; }
  [[nodiscard]] std::size_t n_messages() const { return messages_.size(); }

 private:
  struct Message {
    std::string role;
    std::string content;
  };
  [[nodiscard]] std::string request_body() const;

  ChatOptions options_;
  http::Client client_;
  std::vector<Message> messages_;
};

}  // namespace minerva::cli
