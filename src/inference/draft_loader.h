#pragma once
// From the path of a draft model to a DraftModel.

#include <functional>
#include <memory>

#include "base/error.h"
#include "inference/draft_model.h"
#include "inference/placement.h"
#include "wire/types.h"

namespace minerva::inference {

// Before the model is loaded: sees that the draft model which the options name is one, of the same vocabulary, and gives
// the room that it will take on each device, none when none is named. Errors name the field "draft-model".
[[nodiscard]] Result<DraftRoom> inspect_draft_model(const wire::LoadOptions& options,
                                                    const ContextShape& shape, std::span<const Room> gpus);

// After the model, whose card this is. Null when the options name no draft model; errors as above.
[[nodiscard]] Result<std::unique_ptr<DraftModel>> load_draft_model(
    const wire::LoadOptions& options, const wire::ModelCard& model,
    const std::function<bool(float)>& progress);

}  // namespace minerva::inference
