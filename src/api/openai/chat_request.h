#pragma once
// The body of POST /v1/chat/completions to what the chat room and the gateway take.
//
// Threads: any; pure but for the cache of grammars. Errors: kInvalidRequest naming the field, with what was given and what is allowed.

#include <cstdint>
#include <string_view>

#include "api/openai/chat_tools.h"
#include "base/error.h"
#include "chat/chat_template.h"
#include "chat/conversation.h"
#include "chat/schema/grammar_cache.h"
#include "gateway/generation_request.h"

namespace minerva::api::openai {

inline constexpr std::uint32_t kMaxChoices =
    128;  // OpenAI's; its client takes no greater index from a stream

struct ChatRequest {
  chat::Conversation conversation;
  chat::RenderOptions render;
  ToolOffer tools;
  gateway::GenerationRequest generation;  // `prompt` is empty until the conversation is rendered
  bool stream = false;
  bool include_usage = false;
};

// `random_seed` is the seed of a request that brings none.
[[nodiscard]] Result<ChatRequest> read_chat_request(std::string_view body, std::uint64_t random_seed,
                                                    chat::schema::GrammarCache& grammars);

}  // namespace minerva::api::openai
