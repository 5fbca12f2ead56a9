#pragma once
// OpenAI's `messages` array to a conversation.
//
// Threads: pure functions. Errors: kInvalidRequest naming the path of the field at fault ("messages[2].content").

#include "api/json_text.h"
#include "base/error.h"
#include "chat/conversation.h"

namespace minerva::api::openai {

inline constexpr std::size_t kMaxMessages = 10'000;

// `body` is the request's object.
[[nodiscard]] Result<chat::Conversation> read_messages(const Json& body);

}  // namespace minerva::api::openai
