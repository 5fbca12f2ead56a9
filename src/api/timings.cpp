#include "api/timings.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>

#include "api/placement.h"

namespace minerva::api {
namespace {

double milliseconds(std::uint64_t us) { return static_cast<double>(us) / 1000.0; }

void add_rates(Json& timings, const std::string& phase, std::uint32_t n, std::uint64_t us) {
  timings[phase + "_n"] = n;
  timings[phase + "_ms"] = milliseconds(us);
  timings[phase + "_per_token_ms"] = n == 0 ? 0.0 : milliseconds(us) / n;
  timings[phase + "_per_second"] = us == 0 ? 0.0 : n / milliseconds(us) * 1000.0;
}

}  // namespace

wire::GenerationStats together(std::span<const wire::GenerationStats> choices) {
  wire::GenerationStats all = choices.front();
  const auto first_token_of = [](const auto& choice) { return choice.queue_us + choice.prefill_us; };
  std::uint64_t first_token = first_token_of(all);  // since the arrival, as the next
  std::uint64_t last_token = first_token + all.decode_us;
  for (const wire::GenerationStats& choice : choices.subspan(1)) {
    all.n_prompt += choice.n_prompt;
    all.n_cached += choice.n_cached;
    all.n_generated += choice.n_generated;
    all.n_drafted += choice.n_drafted;
    all.n_accepted += choice.n_accepted;
    all.n_preempted += choice.n_preempted;
    all.n_resumed = std::max(all.n_resumed, choice.n_resumed);
    all.queue_us = std::min(all.queue_us, choice.queue_us);
    first_token = std::min(first_token, first_token_of(choice));
    last_token = std::max(last_token, first_token_of(choice) + choice.decode_us);
  }
  all.prefill_us = first_token - all.queue_us;
  all.decode_us = last_token - first_token;
  return all;
}

Json timings_json(const wire::GenerationStats& stats, const std::optional<wire::ModelCard>& card) {
  Json timings;
  timings["cache_n"] = stats.n_cached;
  add_rates(timings, "prompt", stats.n_prompt - stats.n_cached, stats.prefill_us);
  add_rates(timings, "predicted", stats.n_generated, stats.decode_us);
  timings["draft_n"] = stats.n_drafted;
  timings["draft_n_accepted"] = stats.n_accepted;
  timings["queue_ms"] = milliseconds(stats.queue_us);
  timings["cache_tier"] = wire::name_of(stats.cached_in);
  timings["preempted_n"] = stats.n_preempted;
  timings["resumed_n"] = stats.n_resumed;
  timings["inference_ms"] = milliseconds(stats.prefill_us + stats.decode_us);
  if (!card) return timings;
  timings["load_ms"] = milliseconds(card->load_us);
  Json memory = Json::object();
  for (const wire::DeviceMemory& device : card->memory) {
    memory[device.device] = device.weights_bytes + device.kv_bytes + device.compute_bytes;
  }
  timings["memory_bytes"] = std::move(memory);
  timings["gpu"] = card->n_gpu_layers > 0;
  timings["gpu_layers"] = card->n_gpu_layers;
  timings["placement"] = placement_text(*card);
  timings["rung"] = card->rung;
  return timings;
}

}  // namespace minerva::api
