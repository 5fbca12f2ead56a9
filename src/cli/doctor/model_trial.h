#pragma once
// Loads a model in a worker of its own, to see how that goes, and ends the worker again.
//
// Threads: blocks the caller; main's.

#include <filesystem>
#include <functional>

#include "base/error.h"
#include "gateway/gateway_status.h"
#include "wire/types.h"

namespace minerva::cli {

// The card of the loaded model, or why it does not load.
[[nodiscard]] Result<wire::ModelCard> try_model(
    const wire::LoadOptions& load, const std::filesystem::path& worker,
    const std::function<void(const gateway::GatewayStatus&)>& on_change);

}  // namespace minerva::cli
