#pragma once
// What the next step computes. Pure policy: no I/O, no clock, no log; a value of one owner.
//
// Running sequences' tokens go first. Prompts fill what is left of the batch and of the step's time: those of the tenant of
// whose prompts least was computed lately; of one tenant's, the one with the fewest tokens left first, where each step
// since a prompt began counts as tokens done, so that none starves; a prompt that others wait for, because theirs begin as
// it does, counts as what they wait for, shared by all of them. Of equal ones the lowest lane comes first: those that stream
// then, and those that are left in the end, are neighbours (below). Where other tenants were here lately, prompts keep a step so
// short that a request of theirs which comes meanwhile gets its first token in at most twice the time that it takes alone.
//
// A step that ends a prompt takes another one along only where the time that all who wait save by it is worth what the first
// tokens of the ended ones come later: on a GPU, where a step of many prompts costs little more than one of one, but hardly
// on a CPU, where each row costs its time and the first in the row can begin to answer, unless many wait for a slot.
//
// When nothing but running sequences is left, a step may take fewer than all of them, in turns, where this machine's
// kernels make that faster: eight sequences on a CPU may be served sooner, each of them, by four at a time. Neighbours are
// taken together, because the library computes the sequences of neighbouring KV streams at once and others one group after
// the other (llama.cpp src/llama-batch.cpp, split_equal).
//
// Drafted tokens are computed ahead where LookAhead says that it pays.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/awaited_tenants.h"
#include "engine/cost_model.h"
#include "engine/look_ahead.h"
#include "engine/tenant_shares.h"

namespace minerva::engine {

// A sequence that holds a slot, as the scheduler sees it.
struct Runnable {
  std::uint32_t lane = 0;          // its KV stream: a sequence's neighbours have the numbers beside
  std::uint32_t tenant = 0;        // whose it is
  bool decodes = false;            // its prompt is done: one token a step
  std::uint32_t n_left = 1;        // tokens to compute before its next one can be sampled; >= 1
  std::uint32_t n_context = 0;     // tokens computed before
  std::uint32_t n_followers = 0;   // requests that wait for a prefix which this one is computing
  std::uint32_t n_awaited = 0;     // tokens to compute until the first of them can begin
  DraftProspect draft{};           // what may be computed ahead
  std::uint32_t steps_waited = 0;  // for its next token: since its last one, or of a prompt, since it began
};

struct BatchPlan {
  struct Share {
    std::size_t index = 0;  // in the snapshot
    std::uint32_t n_tokens = 0;
  };
  std::vector<Share> shares;
  std::optional<Share> catch_up{};  // tokens that the draft model is to read of a sequence

  [[nodiscard]] std::uint32_t n_tokens() const;
};

struct SchedulerLimits {
  std::uint32_t n_batch = 512;                    // most tokens of a step
  std::uint32_t n_context = 0;                    // most tokens of a sequence
  std::uint32_t n_outputs = 16;                   // most of them whose sequences decode, with drafted ones
  std::chrono::milliseconds max_itl{0};           // longest step while a sequence decodes; 0: no limit
  std::uint32_t most_ahead = wire::kMostDrafted;  // drafted tokens of a sequence in a step
  std::uint32_t least_ahead = 0;
};

class Scheduler {
 public:
  explicit Scheduler(SchedulerLimits limits);

  // `n_queued` more requests wait for a slot.
  [[nodiscard]] BatchPlan plan(std::span<const Runnable> snapshot, std::size_t n_queued = 0) const;

  void apply(const StepCost& step);
  // The same of the draft model's own steps.
  void apply_drafting(const StepCost& step) { look_ahead_.learn_drafting(step); }

  // A prompt of this tenant with so many tokens to compute begins.
  void note_prompt(std::uint32_t tenant, std::uint32_t n_tokens) { awaited_.note_prompt(tenant, n_tokens); }

  // What a step of a full batch takes, as far as this machine is known; 0 while no step ran.
  [[nodiscard]] std::chrono::microseconds full_batch() const;

  // A step computed so many prompt tokens of this tenant's.
  void charge_prompt(std::uint32_t tenant, std::uint32_t n_tokens);

 private:
  // Prompt tokens of a step, or those that may join it.
  struct PromptPart {
    std::uint32_t n_tokens = 0;
    std::uint64_t n_attended = 0;
    std::size_t n_waiting =
        0;  // of the step: for first tokens that it gives; of what may join: for those of later steps
  };

  using Order = std::span<const std::size_t>;
  using Snapshot = std::span<const Runnable>;

  [[nodiscard]] Order take_turn(std::span<std::size_t> decoding, Snapshot snapshot) const;
  [[nodiscard]] std::uint32_t decode_width(std::uint32_t n_neighbours, std::uint64_t n_context) const;
  void look_ahead(Order decoding, Snapshot snapshot, BatchPlan& plan) const;
  [[nodiscard]] std::uint32_t prefill_budget(Order decoding, Order prompts, std::uint32_t tenant,
                                             Snapshot snapshot) const;
  void share_out(Order decoding, Order prompts, std::size_t n_queued, Snapshot snapshot,
                 BatchPlan& plan) const;
  [[nodiscard]] bool pays_to_join(const PromptPart& step, const PromptPart& next, Order decoding,
                                  Snapshot snapshot) const;
  [[nodiscard]] CostModel::Time longest_step(std::uint32_t n_decode, std::uint64_t n_attended,
                                             std::uint32_t tenant) const;

  SchedulerLimits limits_;
  CostModel costs_;
  LookAhead look_ahead_;
  // In prompt tokens. One batch after a silence: a short prompt among another tenant's long ones goes first as a whole.
  TenantShares prompts_;
  AwaitedTenants awaited_;
};

}  // namespace minerva::engine
