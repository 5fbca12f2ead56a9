#pragma once
// The request fields that ask for JSON: OpenAI's `response_format` (https://platform.openai.com/docs/api-reference/chat/create) and
// llama-server's `json_schema`. Both become the request's grammar, so that no other answer can be written.
//
// Threads: pure but for the cache, which any thread may use.

#include "api/parameter_parser.h"
#include "chat/schema/grammar_cache.h"
#include "wire/types.h"

namespace minerva::api {

inline constexpr std::size_t kMaxSchemaNameLength = 64;

// Whether JSON is asked for. After read_grammar(): a grammar besides is an error.
bool read_response_format(ParameterParser& fields, chat::schema::GrammarCache& grammars,
                          wire::SamplingParams& sampling);

}  // namespace minerva::api
