#include "observe/engine_metrics.h"

#include <cstddef>
#include <utility>

namespace minerva::observe {
namespace {

// The share of a step's weight that is left one step later: some hundred steps count.
constexpr double kFading = 0.99;

constexpr const char* kPhaseName = "minerva_step_phase_seconds_total";
constexpr const char* kPhaseHelp = "Time of the engine's steps, by what it went into";
constexpr const char* kMemoryName = "minerva_device_memory_bytes";
constexpr const char* kMemoryHelp = "Memory that the model takes, by device and use";
constexpr const char* kPrefixBytesName = "minerva_prefix_bytes";
constexpr const char* kPrefixBytesHelp = "Prefixes outside of the KV, in host memory and on disk";

double seconds(std::uint64_t us) { return static_cast<double>(us) / 1e6; }

double bytes(std::uint64_t n) { return static_cast<double>(n); }

// A counter never goes back, whatever a worker says.
std::uint64_t grown(std::uint64_t before, std::uint64_t now) { return now > before ? now - before : 0; }

void add_to(prometheus::Counter& counter, std::uint64_t before, std::uint64_t now) {
  counter.Increment(static_cast<double>(grown(before, now)));
}

wire::StepTimes grown(const wire::StepTimes& before, const wire::StepTimes& now) {
  return {.n_steps = grown(before.n_steps, now.n_steps),
          .plan_us = grown(before.plan_us, now.plan_us),
          .draft_us = grown(before.draft_us, now.draft_us),
          .compute_us = grown(before.compute_us, now.compute_us),
          .sample_us = grown(before.sample_us, now.sample_us),
          .report_us = grown(before.report_us, now.report_us)};
}

}  // namespace

EngineMetrics::StepInstruments::StepInstruments(Instruments& make, const char* prompts)
    : plan{make.counter(kPhaseName, kPhaseHelp, {{"phase", "plan"}, {"prompts", prompts}})},
      draft{make.counter(kPhaseName, kPhaseHelp, {{"phase", "draft"}, {"prompts", prompts}})},
      compute{make.counter(kPhaseName, kPhaseHelp, {{"phase", "compute"}, {"prompts", prompts}})},
      sample{make.counter(kPhaseName, kPhaseHelp, {{"phase", "sample"}, {"prompts", prompts}})},
      report{make.counter(kPhaseName, kPhaseHelp, {{"phase", "report"}, {"prompts", prompts}})},
      duration{make.histogram("minerva_step_seconds", "The engine's steps, from planning to sampling",
                              gap_buckets(), {{"prompts", prompts}})} {}

EngineMetrics::PrefixInstruments::PrefixInstruments(Instruments& make, wire::PrefixTier tier)
    : requests{make.counter("minerva_prefix_requests_total",
                            "Requests that began, by where the beginning of their prompt was found",
                            {{"tier", std::string{wire::name_of(tier)}}})},
      tokens{make.counter("minerva_prefix_tokens_total", "Tokens of their prompts, by where they were found",
                          {{"tier", std::string{wire::name_of(tier)}}})} {}

EngineMetrics::DeviceInstruments::DeviceInstruments(Instruments& make, const std::string& device)
    : weights{make.gauge(kMemoryName, kMemoryHelp, {{"device", device}, {"use", "weights"}})},
      kv{make.gauge(kMemoryName, kMemoryHelp, {{"device", device}, {"use", "kv"}})},
      compute{make.gauge(kMemoryName, kMemoryHelp, {{"device", device}, {"use", "compute"}})} {}

EngineMetrics::EngineMetrics(prometheus::Registry& registry)
    : make_{registry},
      prompt_steps_{make_, "yes"},
      decode_steps_{make_, "no"},
      prefixes_{{{make_, wire::PrefixTier::kNone},
                 {make_, wire::PrefixTier::kKv},
                 {make_, wire::PrefixTier::kHost},
                 {make_, wire::PrefixTier::kDisk}}},
      prefill_tokens_{make_.counter("minerva_prefill_tokens_total", "Prompt tokens that were computed")},
      decode_tokens_{make_.counter("minerva_decode_tokens_total",
                                   "Tokens that were computed behind prompts, drafted ones too")},
      preemptions_{make_.counter("minerva_preemptions_total", "Times that a request was set aside")},
      host_share_{make_.gauge("minerva_step_host_share",
                              "Share of the newest steps' time in which nothing was computed")},
      running_{make_.gauge("minerva_sequences_running", "Requests that hold a sequence")},
      kv_used_{make_.gauge("minerva_kv_cells_used", "KV cells that hold a token, cached prefixes too")},
      kv_cells_{make_.gauge("minerva_kv_cells", "KV cells that there are")},
      last_step_{make_.gauge("minerva_last_step_seconds", "What the engine's last step took")},
      store_bytes_{make_.gauge(kPrefixBytesName, kPrefixBytesHelp, {{"tier", "host"}})},
      files_bytes_{make_.gauge(kPrefixBytesName, kPrefixBytesHelp, {{"tier", "disk"}})} {}

void EngineMetrics::add(const wire::EngineStatus& before, const wire::EngineStatus& now) {
  const wire::StepTimes prompt_steps = grown(before.prompt_steps, now.prompt_steps);
  const wire::StepTimes decode_steps = grown(before.decode_steps, now.decode_steps);
  prompt_steps_.add(prompt_steps);
  decode_steps_.add(decode_steps);
  add_host_share(prompt_steps);
  add_host_share(decode_steps);
  for (std::size_t i = 0; i < prefixes_.size(); ++i) {
    add_to(prefixes_[i].requests, before.prefixes[i].n_requests, now.prefixes[i].n_requests);
    add_to(prefixes_[i].tokens, before.prefixes[i].n_tokens, now.prefixes[i].n_tokens);
  }
  add_to(prefill_tokens_, before.n_prompt_tokens, now.n_prompt_tokens);
  add_to(decode_tokens_, before.n_decode_tokens, now.n_decode_tokens);
  add_to(preemptions_, before.n_preemptions, now.n_preemptions);
}

// A report comes after each step, so what has grown is one step's; its reporting comes with the next.
void EngineMetrics::StepInstruments::add(const wire::StepTimes& took) {
  plan.Increment(seconds(took.plan_us));
  draft.Increment(seconds(took.draft_us));
  compute.Increment(seconds(took.compute_us));
  sample.Increment(seconds(took.sample_us));
  report.Increment(seconds(took.report_us));
  if (took.n_steps > 0)
    duration.Observe(seconds(took.plan_us + took.draft_us + took.compute_us + took.sample_us));
}

void EngineMetrics::add_host_share(const wire::StepTimes& took) {
  const double host_us = static_cast<double>(took.plan_us + took.sample_us + took.report_us);
  if (took.n_steps > 0) {
    recent_host_us_ *= kFading;
    recent_us_ *= kFading;
  }
  recent_host_us_ += host_us;
  recent_us_ += host_us + static_cast<double>(took.draft_us + took.compute_us);
  if (recent_us_ > 0) host_share_.Set(recent_host_us_ / recent_us_);
}

void EngineMetrics::DeviceInstruments::show(const wire::DeviceMemory& memory) {
  weights.Set(bytes(memory.weights_bytes));
  kv.Set(bytes(memory.kv_bytes));
  compute.Set(bytes(memory.compute_bytes));
}

void EngineMetrics::show(const wire::EngineStatus& status, const std::vector<wire::DeviceMemory>& memory) {
  for (auto& [name, device] : devices_) device.show({});
  for (const wire::DeviceMemory& device : memory) {
    devices_.try_emplace(device.device, make_, device.device).first->second.show(device);
  }
  running_.Set(status.n_running);
  kv_used_.Set(status.kv_cells_used);
  kv_cells_.Set(status.kv_cells);
  last_step_.Set(seconds(status.last_step_us));
  store_bytes_.Set(bytes(status.prefix_store_bytes));
  files_bytes_.Set(bytes(status.prefix_files_bytes));
}

}  // namespace minerva::observe
