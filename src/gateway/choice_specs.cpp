#include "gateway/choice_specs.h"

#include <utility>

namespace minerva::gateway {
namespace {

std::uint64_t mixed(std::uint64_t value) {
  value += 0x9E3779B97F4A7C15U;
  value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27U)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31U);
}

}  // namespace

std::vector<wire::GenerationSpec> choice_specs(GenerationRequest request, std::uint64_t first_id) {
  wire::GenerationSpec spec{.id = first_id,
                            .prompt = std::move(request.prompt),
                            .sampling = std::move(request.sampling),
                            .max_tokens = request.max_tokens,
                            .stop = std::move(request.stop),
                            .ignore_eos = request.ignore_eos,
                            .tenant = request.tenant,
                            .priority = request.priority};
  std::vector<wire::GenerationSpec> specs(request.n_choices - 1, spec);
  specs.push_back(std::move(spec));
  for (std::uint32_t choice = 0; choice < request.n_choices; ++choice) {
    specs[choice].id = first_id + choice;
    specs[choice].sampling.seed = choice_seed(specs[choice].sampling.seed, choice);
  }
  return specs;
}

std::uint64_t choice_seed(std::uint64_t seed, std::uint32_t choice) {
  return choice == 0 ? seed : mixed(mixed(seed) + choice);
}

}  // namespace minerva::gateway
