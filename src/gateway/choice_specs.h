#pragma once
// What the worker is told of each choice of a request. Pure.

#include <cstdint>
#include <vector>

#include "gateway/generation_request.h"
#include "wire/types.h"

namespace minerva::gateway {

// The same for all but their ids, which follow each other from `first_id` on, and their seeds.
[[nodiscard]] std::vector<wire::GenerationSpec> choice_specs(GenerationRequest request,
                                                             std::uint64_t first_id);

// The first choice draws from the request's own seed, so that it is the answer which the request would get alone. The
// others' are scattered by the mixer of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators",
// OOPSLA 2014), so that requests with seeds beside each other share none.
[[nodiscard]] std::uint64_t choice_seed(std::uint64_t seed, std::uint32_t choice);

}  // namespace minerva::gateway
