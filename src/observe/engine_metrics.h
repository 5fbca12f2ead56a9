#pragma once
// What the engine says of itself: its sums as counters, which go on over the lives of its workers, and how it is now.
//
// Threads: the gateway's I/O thread; the instruments have locks of their own.

#include <array>
#include <map>
#include <string>
#include <vector>

#include "observe/instruments.h"
#include "wire/types.h"

namespace minerva::observe {

class EngineMetrics {
 public:
  explicit EngineMetrics(prometheus::Registry& registry);

  // Two reports of one worker, of which the second came next.
  void add(const wire::EngineStatus& before, const wire::EngineStatus& now);

  // As it is at a scrape.
  void show(const wire::EngineStatus& status, const std::vector<wire::DeviceMemory>& memory);

 private:
  // Steps of one kind.
  struct StepInstruments {
    StepInstruments(Instruments& make, const char* prompts);
    void add(const wire::StepTimes& took);

    prometheus::Counter& plan;
    prometheus::Counter& draft;
    prometheus::Counter& compute;
    prometheus::Counter& sample;
    prometheus::Counter& report;
    prometheus::Histogram& duration;
  };
  struct PrefixInstruments {
    PrefixInstruments(Instruments& make, wire::PrefixTier tier);

    prometheus::Counter& requests;
    prometheus::Counter& tokens;
  };
  struct DeviceInstruments {
    DeviceInstruments(Instruments& make, const std::string& device);
    void show(const wire::DeviceMemory& memory);

    prometheus::Gauge& weights;
    prometheus::Gauge& kv;
    prometheus::Gauge& compute;
  };

  void add_host_share(const wire::StepTimes& took);

  Instruments make_;
  StepInstruments prompt_steps_;
  StepInstruments decode_steps_;
  std::array<PrefixInstruments, wire::kPrefixTierNames.size()> prefixes_;  // by PrefixTier
  std::map<std::string, DeviceInstruments> devices_;                       // that had memory at some time
  prometheus::Counter& prefill_tokens_;
  prometheus::Counter& decode_tokens_;
  prometheus::Counter& preemptions_;
  prometheus::Gauge& host_share_;
  prometheus::Gauge& running_;
  prometheus::Gauge& kv_used_;
  prometheus::Gauge& kv_cells_;
  prometheus::Gauge& last_step_;
  prometheus::Gauge& store_bytes_;
  prometheus::Gauge& files_bytes_;

  // Of the newest steps, older ones fading.
  double recent_host_us_ = 0.0;
  double recent_us_ = 0.0;
};

}  // namespace minerva::observe
