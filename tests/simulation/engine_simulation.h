#pragma once
// The whole engine under seeded traffic on a made-up machine, whose clock is the simulation's. After each step:
// the engine and the backend agree on the cells in use, every event is one that its request may have (Ledger), and a step
// beside a running stream took no longer than it may.

#include <cstdint>
#include <memory>
#include <random>

#include "cost_law.h"
#include "engine/engine.h"
#include "ledger.h"
#include "support/scripted_backend.h"
#include "traffic.h"

namespace minerva::simulation {

struct Shape {
  const char* name;
  support::ScriptedOptions machine;
  CostLaw law;
  TrafficOptions traffic;
  std::uint32_t max_itl_ms = 40;
  bool drafts = true;
  std::uint64_t store_bytes = 6000;
  std::uint32_t fails_in = 0;    // one decode in so many fails; 0: none
  std::uint32_t no_room_in = 0;  // one in so many finds no memory slot; 0: none
};

class EngineSimulation {
 public:
  EngineSimulation(const Shape& shape, std::uint64_t seed);

  // Traffic and trouble, for so many steps.
  void run(std::uint64_t n_steps);

  // No trouble and no new requests: everything that is open comes to its end, and one of each that is asked then is answered.
  void settle();

  // The whole KV can be had: no cell is held for nobody.
  void fill();

  [[nodiscard]] const Ledger& ledger() const { return ledger_; }
  [[nodiscard]] std::uint64_t n_preemptions() const { return engine_.status().n_preemptions; }
  // Steps whose time was held against the limit.
  [[nodiscard]] std::uint64_t n_limits_checked() const { return n_limits_checked_; }

 private:
  [[nodiscard]] support::ScriptedOptions scripted();
  [[nodiscard]] Time now() const { return backend_.now() + skipped_; }
  void submit_due();
  void leave_due();
  void step();
  void check_step();
  void check_limit(Time took, std::uint32_t n_streams);

  Shape shape_;
  std::mt19937_64 trouble_;
  bool is_calm_ = false;
  Time skipped_{0};               // time in which nothing ran
  std::uint64_t n_attended_ = 0;  // of the last decode
  std::uint64_t n_step_ = 0;
  std::uint64_t n_preemptions_ = 0;
  std::uint64_t last_preemption_ = 0;  // step; 0: none
  std::uint64_t n_limits_checked_ = 0;
  support::ScriptedBackend backend_;
  engine::Engine engine_;
  Traffic traffic_;
  Ledger ledger_;
};

}  // namespace minerva::simulation
