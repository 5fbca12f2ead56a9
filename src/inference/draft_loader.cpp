#include "inference/draft_loader.h"

#include <algorithm>
#include <cstdint>
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
                                      std::span<const Room> gpus) {
  if (options.draft_model_path.empty()) return DraftRoom{};
  const auto file = inspect_model_file(options.draft_model_path);
  if (!file) return of_draft(file.error());
  if (const Status same = check_draft_vocabulary(options.model_path, options.draft_model_path); !same)
    return std::unexpected(same.error());
  const Form form{.shape = shape, .sizes = estimate_sizes(*file, shape)};
  const Placement placement = choose_placement(
      {.forms = {&form, 1}, .gpus = gpus, .host = {}, .n_gpu_layers = options.n_gpu_layers_draft});
  DraftRoom room;
  for (const wire::DevicePlan& part : placement.ledger) {
    const std::string device = &part == &placement.ledger.back() ? "CPU" : part.device;
    room[device] = part.weights_bytes + part.kv_bytes + part.compute_bytes;
  }
  return room;
}

// Of the limits on memory, what the model has left of them.
void take_from_limits(wire::LoadOptions& options, const wire::ModelCard& model) {
  for (const wire::DeviceMemory& part : model.memory) {
    std::uint64_t& limit = part.device == "CPU" ? options.memory_limit_bytes : options.gpu_memory_limit_bytes;
    const std::uint64_t taken = part.weights_bytes + part.kv_bytes + part.compute_bytes;
    if (limit > 0) limit -= std::min(limit - 1, taken);  // 0 would be none
  }
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
  if (model.rung >= wire::kCpuRung) own.rung = wire::kCpuRung;
  take_from_limits(own, model);
  auto backend = LlamaCppBackend::load(own, progress);
  if (!backend) return of_draft(backend.error());
  auto made =
      GreedyDraftModel::make(std::move(*backend), {.n_vocab = model.n_vocab, .p_min = options.draft_p_min});
  if (!made) return of_draft(made.error());
  return std::move(*made);
}

}  // namespace minerva::inference
