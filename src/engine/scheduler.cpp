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

// Widths of a step of running sequences alone that are tried: all, and down to half of them in this many parts.
constexpr std::uint32_t kWidthParts = 8;

// Measurements of a width before it is believed.
constexpr std::uint64_t kTrials = 2;

// A width that is not in use is measured again after this many steps: the machine's load and the contexts change.
constexpr std::uint64_t kStaleSteps = 256;

// All sequences at once is only given up for more than this: a turn's wait is not worth a measuring error.
constexpr double kWorthwhile = 1.03;

std::int64_t urgency(const Runnable& prompt) {
  const std::uint32_t n_needed = prompt.n_followers > 0 ? std::min(prompt.n_left, prompt.n_awaited) : prompt.n_left;
  return std::int64_t{n_needed} / (1 + std::int64_t{prompt.n_followers}) - kAgeingTokens * prompt.steps_waited;
}

std::uint64_t attended(std::span<const std::size_t> indices, std::span<const Runnable> snapshot) {
  std::uint64_t sum = 0;
  for (const std::size_t i : indices) sum += snapshot[i].n_context;
  return sum;
}

}  // namespace

std::uint32_t BatchPlan::n_tokens() const {
  return std::accumulate(shares.begin(), shares.end(), std::uint32_t{0},
                         [](std::uint32_t sum, const Share& share) { return sum + share.n_tokens; });
}

// How many of the running sequences, which come in the order of their turns, the step takes.
std::uint32_t Scheduler::decode_width(Order decoding, Snapshot snapshot) const {
  const auto all = static_cast<std::uint32_t>(decoding.size());
  const std::uint32_t part = std::max(1U, all / kWidthParts);
  std::uint32_t best = all;
  double best_rate = 0.0;
  for (std::uint32_t width = all; width * 2 >= all && width > 0; width -= std::min(width, part)) {
    if (costs_.n_measured(width) < kTrials || costs_.age(width) > kStaleSteps) return width;
    const auto time = costs_.decode(width, attended(decoding.first(width), snapshot));
    const double rate = width / std::max(1.0, time->count()) * (width == all ? kWorthwhile : 1.0);
    if (rate > best_rate) {
      best = width;
      best_rate = rate;
    }
  }
  return best;
}

std::uint32_t Scheduler::prefill_budget(Order decoding, const Runnable& first, Snapshot snapshot) const {
  const auto n_decode = static_cast<std::uint32_t>(decoding.size());
  const std::uint32_t room = limits_.n_batch - std::min(limits_.n_batch, n_decode);
  if (limits_.max_itl.count() == 0) return room;
  const CostModel::Time limit = n_decode > 0 ? limits_.max_itl : limits_.max_itl * kIdleFactor;
  const std::uint64_t beside = attended(decoding, snapshot);
  const auto fits = [&](std::uint32_t n) {
    const std::uint64_t own = std::uint64_t{n} * (first.n_context + n / 2);
    const auto time = costs_.mixed(n_decode, n, beside + own);
    return time ? *time <= limit : n_decode == 0;
  };
  std::uint32_t low = std::min(room, kLeastPrefill);
  std::uint32_t high = room + 1;  // the first size that does not fit
  while (high - low > 1) {
    const std::uint32_t middle = low + (high - low) / 2;
    (fits(middle) ? low : high) = middle;
  }
  return low;
}

void Scheduler::apply(const StepCost& step) {
  costs_.learn(step);
  n_decoded_ += step.n_decode;
}

BatchPlan Scheduler::plan(std::span<const Runnable> snapshot) const {
  std::vector<std::size_t> order(snapshot.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto prompts =
      std::ranges::stable_partition(order, [&](std::size_t i) { return snapshot[i].decodes; });
  const auto n_decoding = order.size() - prompts.size();
  const std::span decoding{order.data(), n_decoding};
  if (n_decoding > 0) std::ranges::rotate(decoding, decoding.begin() + static_cast<std::ptrdiff_t>(n_decoded_ % n_decoding));
  std::ranges::stable_sort(decoding, std::greater{}, [&](std::size_t i) { return snapshot[i].steps_waited; });
  std::ranges::stable_sort(prompts, std::less{}, [&](std::size_t i) { return urgency(snapshot[i]); });

  const std::span fitting = decoding.first(std::min<std::size_t>(n_decoding, limits_.n_batch));
  const std::span taken = prompts.empty() ? fitting.first(decode_width(fitting, snapshot)) : fitting;

  BatchPlan plan;
  for (const std::size_t i : taken) plan.shares.push_back({.index = i, .n_tokens = 1});
  if (prompts.empty()) return plan;
  std::uint32_t budget = prefill_budget(taken, snapshot[prompts.front()], snapshot);
  for (const std::size_t i : prompts) {
    const std::uint32_t n = std::min(budget, snapshot[i].n_left);
    if (n == 0) break;
    plan.shares.push_back({.index = i, .n_tokens = n});
    budget -= n;
  }
  return plan;
}

}  // namespace minerva::engine
