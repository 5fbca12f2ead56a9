#pragma once
// What a dialect hands to the gateway: a request whose every bound was checked, and the key it came with.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "wire/types.h"

namespace minerva::gateway {

struct GenerationRequest {
  std::string model;  // as the client named it; empty: the only one
  wire::PromptText prompt;
  wire::SamplingParams sampling;
  std::uint32_t max_tokens = 0;  // 0: as many as the context holds
  std::vector<std::string> stop;
  bool ignore_eos = false;
  std::uint32_t tenant = 0;              // wire::GenerationSpec's
  std::int32_t priority = 0;             // wire::GenerationSpec's
  std::chrono::milliseconds timeout{0};  // from submit() to its end, which is kTimeout then; 0: none
  std::uint32_t n_choices = 1;           // answers to the one prompt, each drawn from a seed of its own
  // Control tokens that show in the answer's text, behind the text that was there when they came.
  std::vector<wire::ControlToken> shown_tokens;
};

}  // namespace minerva::gateway
