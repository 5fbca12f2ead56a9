#pragma once
// Where an answer was computed, and what touched it, in few words: for response headers and `timings`.
//
// Threads: pure functions.

#include <optional>
#include <string>

#include "http/message.h"
#include "wire/types.h"

namespace minerva::api {

// "cpu", "gpu", or "12/33 layers on Vulkan0" where the CPU has the rest.
[[nodiscard]] std::string placement_text(const wire::ModelCard& card);

// "X-Minerva-Placement"; "X-Minerva-Fallback" on a smaller placement than was asked for; "X-Minerva-Recoveries" of an answer
// whose number of them is known, that is a whole one. Without a card they are left out.
[[nodiscard]] http::Headers placement_headers(const std::optional<wire::ModelCard>& card,
                                              std::optional<std::uint32_t> n_recoveries = std::nullopt);

}  // namespace minerva::api
