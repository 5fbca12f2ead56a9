#include "engine/scheduler.h"

#include <algorithm>
#include <numeric>

namespace minerva::engine {
namespace {

// One step of waiting counts as this many prompt tokens done: a prompt of 8192 tokens passes newer short ones for good
// after 128 steps.
constexpr std::int64_t kAgeingTokens = 64;

// Prompt tokens of a step that always may go in, so that prompts advance however slow the machine is.
constexpr std::uint32_t kLeastPrefill = 16;

// While nothing decodes there is no stream to hold up, but a cancel or a new short request waits for the step's end:
// ten times the stream's limit (two seconds on a CPU) still makes chunks that the kernels like.
constexpr int kIdleFactor = 10;

std::int64_t urgency(const Runnable& prompt) {
  return std::int64_t{prompt.n_left} - kAgeingTokens * prompt.steps_waited;
}

}  // namespace

std::uint32_t BatchPlan::n_tokens() const {
  return std::accumulate(shares.begin(), shares.end(), std::uint32_t{0},
                         [](std::uint32_t sum, const Share& share) { return sum + share.n_tokens; });
}

std::uint32_t Scheduler::prefill_budget(std::uint32_t n_decode) const {
  const std::uint32_t room = limits_.n_batch - std::min(limits_.n_batch, n_decode);
  if (limits_.max_itl.count() == 0) return room;
  const std::chrono::microseconds limit = n_decode > 0 ? limits_.max_itl : limits_.max_itl * kIdleFactor;
  const std::uint32_t unknown = n_decode > 0 ? kLeastPrefill : room;
  const std::uint32_t fits = costs_.prefill_within(limit, n_decode).value_or(unknown);
  return std::min(room, std::max(kLeastPrefill, fits));
}

BatchPlan Scheduler::plan(std::span<const Runnable> snapshot) const {
  std::vector<std::size_t> order(snapshot.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto prompts =
      std::ranges::stable_partition(order, [&](std::size_t i) { return snapshot[i].decodes; });
  const auto n_decoding = order.size() - prompts.size();
  const std::span decoding{order.data(), n_decoding};
  std::ranges::stable_sort(decoding, std::greater{}, [&](std::size_t i) { return snapshot[i].steps_waited; });
  std::ranges::stable_sort(prompts, std::less{}, [&](std::size_t i) { return urgency(snapshot[i]); });

  BatchPlan plan;
  for (const std::size_t i : decoding.first(std::min<std::size_t>(n_decoding, limits_.n_batch))) {
    plan.shares.push_back({.index = i, .n_tokens = 1});
  }
  std::uint32_t budget = prefill_budget(static_cast<std::uint32_t>(plan.shares.size()));
  for (const std::size_t i : prompts) {
    const std::uint32_t n = std::min(budget, snapshot[i].n_left);
    if (n == 0) break;
    plan.shares.push_back({.index = i, .n_tokens = n});
    budget -= n;
  }
  return plan;
}

}  // namespace minerva::engine
