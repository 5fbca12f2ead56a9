#pragma once
// How many drafted tokens a step computes ahead of each of its sequences: the number that promises the most tokens a second,
// by the hit rates and by what steps of that size took on this machine, the draft model's own time included. As many for
// all, because the library computes sequences of different lengths one group after the other.
//
// A prompt lookup's drafts cost nothing and are compared with what comes in any case. The draft model's cost its time, so
// they live on credit, counted in steps that draft nothing: it begins with kCredit (look_ahead.cpp), what drafting loses
// is taken from it, what it gains and a hundredth of all time is added. Nothing is left: nothing is drafted, whatever the
// estimates promise. It is full: a draft is tried against the estimates, so that a text which has become easier is
// noticed. So drafting costs at most a hundredth of the time in the long run.
//
// Pure; a value of one owner.

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

#include "engine/cost_model.h"
#include "wire/types.h"

namespace minerva::engine {

// What may be computed ahead of one sequence.
struct DraftProspect {
  std::uint32_t n_draft = 0;      // at most so many tokens
  double hit_rate = 0;            // how probable each of them is when those before it were right
  bool by_model = false;          // the draft model has still to guess them
  std::uint32_t n_behind = 0;     // tokens of the sequence that it has to compute before
  std::uint32_t n_generated = 0;  // that the sequence has so far: about as many are to be expected
};

struct LookAheadLimits {
  std::uint32_t n_batch = 512;           // most tokens of a step of either model
  std::uint32_t n_outputs = 16;          // most tokens of a step that looks ahead
  std::chrono::milliseconds max_itl{0};  // longest step; 0: no limit
  std::uint32_t most = wire::kMostDrafted;
  std::uint32_t least = 0;
};

class LookAhead {
 public:
  explicit LookAhead(const LookAheadLimits& limits);

  // `step`: the sequences that it takes; n_attended: their contexts together.
  [[nodiscard]] std::uint32_t n_ahead(std::span<const DraftProspect> step, std::uint64_t n_attended,
                                      const CostModel& costs) const;

  // The draft model reads its way to a sequence when what it is expected to gain there pays for that twice, chunk by
  // chunk beside the steps.
  struct CatchUp {
    std::size_t index = 0;  // in `step`
    std::uint32_t n_tokens = 0;
  };
  [[nodiscard]] std::optional<CatchUp> catch_up(std::span<const DraftProspect> step, std::uint64_t n_attended,
                                                const CostModel& costs) const;

  // A step of the draft model's own: n_decode sequences that each got one token, or n_prefill tokens read.
  void learn_drafting(const StepCost& step) { drafting_.learn(step); }

  // A step of the served model's is over, and `costs` has learnt from it.
  void settle(const StepCost& step, const CostModel& costs);

 private:
  using Time = CostModel::Time;
  struct Group;
  struct Choice {
    std::uint32_t n = 0;
    double rate = 0;  // tokens a microsecond to be expected
  };

  [[nodiscard]] Choice best(const Group& group, const CostModel& costs, Time plain) const;
  [[nodiscard]] std::uint32_t trial(const Group& group, const CostModel& costs, Time plain) const;
  [[nodiscard]] Time drafting_time(const Group& group, std::uint32_t n) const;
  [[nodiscard]] Time reading_time(std::uint32_t n_tokens) const;
  [[nodiscard]] Time longest_step(Time plain) const;

  LookAheadLimits limits_;
  CostModel drafting_;
  double credit_;  // in steps that draft nothing
};

}  // namespace minerva::engine
