#include "inference/draft_model.h"

#include <algorithm>

namespace minerva::inference {

void add_draft(wire::ModelCard& card, const wire::ModelCard& draft) {
  card.draft = wire::DraftCard{.name = draft.name,
                               .architecture = draft.architecture,
                               .quantization = draft.quantization,
                               .n_parameters = draft.n_parameters,
                               .file_bytes = draft.file_bytes,
                               .n_layers = draft.n_layers,
                               .n_gpu_layers = draft.n_gpu_layers,
                               .n_ctx_sequence = draft.n_ctx_sequence,
                               .memory = draft.memory,
                               .placement = draft.placement};
  card.load_us += draft.load_us;
  for (const wire::DeviceMemory& part : draft.memory) {
    auto it = std::ranges::find(card.memory, part.device, &wire::DeviceMemory::device);
    if (it == card.memory.end()) it = card.memory.insert(it, {.device = part.device});
    it->weights_bytes += part.weights_bytes;
    it->kv_bytes += part.kv_bytes;
    it->compute_bytes += part.compute_bytes;
  }
}

}  // namespace minerva::inference
