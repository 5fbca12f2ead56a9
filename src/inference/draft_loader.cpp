#include "inference/draft_loader.h"

#include <utility>

#include "inference/draft_vocabulary.h"
#include "inference/greedy_draft_model.h"
#include "inference/llama_cpp_backend.h"
#include "inference/model_file.h"

namespace minerva::inference {
namespace {

// The same words, of the draft model.
std::unexpected<Error> of_draft(Error error) {
  if (error.field == "model") error.field = "draft-model";
  return std::unexpected(std::move(error));
}

}  // namespace

Result<DraftRoom> inspect_draft_model(const wire::LoadOptions& options, const ContextShape& shape,
                                      std::span<const wire::DeviceInfo> gpus) {
  if (options.draft_model_path.empty()) return DraftRoom{};
  const auto file = inspect_model_file(options.draft_model_path);
  if (!file) return of_draft(file.error());
  if (const Status same = check_draft_vocabulary(options.model_path, options.draft_model_path); !same)
    return std::unexpected(same.error());
  const Placement placement =
      choose_gpu_layers(*file, shape, gpus, !options.devices.empty(), options.n_gpu_layers_draft);
  return DraftRoom{.host = placement.host, .gpu = placement.gpu};
}

Result<std::unique_ptr<DraftModel>> load_draft_model(const wire::LoadOptions& options,
                                                     const wire::ModelCard& model,
                                                     const std::function<bool(float)>& progress) {
  if (options.draft_model_path.empty()) return nullptr;
  wire::LoadOptions own = options;
  own.model_path = std::exchange(own.draft_model_path, {});
  own.n_gpu_layers = options.n_gpu_layers_draft;
  own.n_ctx = model.n_ctx;
  own.n_parallel = model.n_parallel;
  own.n_batch = model.n_batch;
  auto backend = LlamaCppBackend::load(own, progress);
  if (!backend) return of_draft(backend.error());
  auto made =
      GreedyDraftModel::make(std::move(*backend), {.n_vocab = model.n_vocab, .p_min = options.draft_p_min});
  if (!made) return of_draft(made.error());
  return std::move(*made);
}

}  // namespace minerva::inference
