#pragma once
// What a request took, as an extra object of its answer: llama-server's names and formulas (tools/server/README.md), and
// ours beside them.
//
// Milliseconds, tokens, bytes. A rate over no time at all is 0. Threads: pure function.

#include <optional>
#include <span>

#include "api/json_text.h"
#include "wire/types.h"

namespace minerva::api {

// What the choices of one request took, as if they were one: all tokens, prompts as often as they were asked for; and the
// times from the arrival to the first step for any of them, from there to the first token, from there to the last. Where
// the prompt was cached is the first one's word: it found what was there before the request. At least one choice; all
// arrived together.
[[nodiscard]] wire::GenerationStats together(std::span<const wire::GenerationStats> choices);

// `card` is missing when the worker died right after the answer; what it would tell is left out then.
[[nodiscard]] Json timings_json(const wire::GenerationStats& stats,
                                const std::optional<wire::ModelCard>& card);

}  // namespace minerva::api
