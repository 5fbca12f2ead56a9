#pragma once
// The request fields that decide how tokens are drawn and when an answer ends, by the names that OpenAI and llama-server
// share (https://platform.openai.com/docs/api-reference/chat; llama.cpp tools/server/README.md).
//
// Threads: pure functions.

#include <cstdint>
#include <string>
#include <vector>

#include "api/parameter_parser.h"
#include "wire/types.h"

namespace minerva::api {

// OpenAI allows four; more cost nothing here.
inline constexpr std::size_t kMaxStopStrings = 16;
inline constexpr std::size_t kMaxStopBytes = 1024;
inline constexpr std::size_t kMaxLogitBiases = 4096;

// Everything in SamplingParams but n_probs. Absent fields keep what `sampling` has; seed −1 means absent.
void read_sampling(ParameterParser& fields, wire::SamplingParams& sampling);

// OpenAI's logprobs and top_logprobs.
void read_log_probabilities(ParameterParser& fields, wire::SamplingParams& sampling);

// max_completion_tokens, else max_tokens, else n_predict; 0 when there is none, or when it is −1 (no limit but the context).
[[nodiscard]] std::uint32_t read_max_tokens(ParameterParser& fields);

// One string or an array of them.
[[nodiscard]] std::vector<std::string> read_stop(ParameterParser& fields);

}  // namespace minerva::api
