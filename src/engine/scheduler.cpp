#include "engine/scheduler.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>
#include <utility>

namespace minerva::engine {
namespace {

// One step counts as this many prompt tokens done, also where the prompt has a part in it: a prompt of 8192 tokens passes
// newer short ones for good after 128 steps, and of those that began together one ends after the other.
constexpr std::int64_t kAgeingTokens = 64;

// Prompt tokens of a step that always may go in, so that prompts advance however slow the machine is.
constexpr std::uint32_t kLeastPrefill = 16;

// While nothing decodes there is no stream to hold up, but a cancel or a new short request waits for the step's end:
// ten times the stream's limit (two seconds on a CPU) still makes chunks that the kernels like.
constexpr int kIdleFactor = 10;

// A request of another tenant that comes at the worst moment waits for the step's end, then needs its own steps, which carry
// running sequences too: so a step may take half of the time that such a request takes alone.
constexpr double kCourtesy = 0.5;

// Prompts that are shorter count as this long, and prompt tokens that make the smallest step no longer than by so much cost
// nobody anything: chunks of a few tokens would cost everybody much.
constexpr std::uint32_t kShortestAwaited = 64;
constexpr double kHardlyLonger = 1.25;

// Neighbours are served at once, or in turns of up to this many parts.
constexpr std::uint32_t kMostParts = 4;

// Measurements of a width before it is believed.
constexpr std::uint64_t kTrials = 2;

// A width that is not in use is measured again after this many steps: the machine's load and the contexts change. All at
// once is measured again sooner, so that one bad moment does not keep everybody waiting for turns.
constexpr std::uint64_t kStaleSteps = 128;
constexpr std::uint64_t kStaleWholeSteps = 96;

// All sequences at once is only given up for more than this: a turn's wait is not worth a measuring error.
constexpr double kWorthwhile = 1.03;

// Where parts of a width are slower than all at once by so much, narrower ones are not even tried.
constexpr double kHopeless = 1.1;

// The smallest comes first. In steps of ageing, so that prompts of nearly one length are equal.
std::int64_t urgency(const Runnable& prompt) {
  const std::uint32_t n_needed =
      prompt.n_followers > 0 ? std::min(prompt.n_left, prompt.n_awaited) : prompt.n_left;
  return std::int64_t{n_needed} / (1 + std::int64_t{prompt.n_followers}) / kAgeingTokens -
         prompt.steps_waited;
}

std::uint64_t attended(std::span<const std::size_t> indices, std::span<const Runnable> snapshot) {
  std::uint64_t sum = 0;
  for (const std::size_t i : indices) sum += snapshot[i].n_context;
  return sum;
}

// What so many prompt tokens attend to, given out in this order.
std::uint64_t attended_by(std::span<const std::size_t> prompts, std::uint32_t n_tokens,
                          std::span<const Runnable> snapshot) {
  std::uint64_t sum = 0;
  for (const std::size_t i : prompts) {
    const std::uint32_t n = std::min(n_tokens, snapshot[i].n_left);
    if (n == 0) break;
    sum += std::uint64_t{n} * (snapshot[i].n_context + n / 2);
    n_tokens -= n;
  }
  return sum;
}

}  // namespace

Scheduler::Scheduler(SchedulerLimits limits)
    : limits_{limits},
      look_ahead_{{.n_batch = limits.n_batch,
                   .n_outputs = limits.n_outputs,
                   .max_itl = limits.max_itl,
                   .most = limits.most_ahead,
                   .least = limits.least_ahead}},
      prompts_{limits.n_batch} {}

void Scheduler::apply(const StepCost& step) {
  costs_.learn(step);
  look_ahead_.settle(step, costs_);
  awaited_.pass(step.duration);
}

std::uint32_t BatchPlan::n_tokens() const {
  return std::accumulate(shares.begin(), shares.end(), std::uint32_t{0},
                         [](std::uint32_t sum, const Share& share) { return sum + share.n_tokens; });
}

// The sequence that waited longest and those of its neighbours that are best taken with it.
Scheduler::Order Scheduler::take_turn(std::span<std::size_t> decoding, Snapshot snapshot) const {
  if (decoding.empty()) return decoding;
  std::ranges::sort(decoding, std::less{}, [&](std::size_t i) { return snapshot[i].lane; });
  const auto longest = std::ranges::max_element(decoding, std::less{},
                                                [&](std::size_t i) { return snapshot[i].steps_waited; });
  const auto first = static_cast<std::size_t>(longest - decoding.begin());
  const auto joined = [&](std::size_t i) {
    return snapshot[decoding[i]].lane + 1 == snapshot[decoding[i + 1]].lane;
  };
  std::size_t begin = first;
  std::size_t end = first + 1;
  while (begin > 0 && joined(begin - 1)) --begin;
  while (end < decoding.size() && joined(end - 1)) ++end;
  const auto n_neighbours = static_cast<std::uint32_t>(end - begin);
  const std::uint64_t n_context = attended(decoding.subspan(begin, n_neighbours), snapshot) / n_neighbours;
  return decoding.subspan(first, std::min<std::size_t>(end - first, decode_width(n_neighbours, n_context)));
}

// How many of these to take at once so that all have their turn soonest.
std::uint32_t Scheduler::decode_width(std::uint32_t n_neighbours, std::uint64_t n_context) const {
  const auto time_of = [&](std::uint32_t width) { return costs_.decode(width, width * n_context); };
  std::uint32_t best = n_neighbours;
  CostModel::Time best_time{std::numeric_limits<double>::infinity()};
  for (std::uint32_t n_parts = 1; n_parts <= std::min(kMostParts, n_neighbours); ++n_parts) {
    const std::uint32_t width = (n_neighbours + n_parts - 1) / n_parts;
    const std::uint64_t stale = n_parts == 1 ? kStaleWholeSteps : kStaleSteps;
    if (costs_.n_measured(width) < kTrials || costs_.age(width) > stale) return width;
    const std::uint32_t n_rest = n_neighbours % width;
    const CostModel::Time rest = n_rest > 0 ? time_of(n_rest).value_or(*time_of(width)) : CostModel::Time{0};
    CostModel::Time time = *time_of(width) * (n_neighbours / width) + rest;
    if (time > kHopeless * best_time) break;
    if (n_parts == 1) time /= kWorthwhile;
    if (time < best_time) {
      best = width;
      best_time = time;
    }
  }
  return best;
}

// What of the drafted tokens each share computes ahead, and what the draft model reads beside.
void Scheduler::look_ahead(Order decoding, Snapshot snapshot, BatchPlan& plan) const {
  std::vector<DraftProspect> prospects;
  for (const std::size_t i : decoding) prospects.push_back(snapshot[i].draft);
  const std::uint64_t n_attended = attended(decoding, snapshot);
  const std::uint32_t n = look_ahead_.n_ahead(prospects, n_attended, costs_);
  for (BatchPlan::Share& share : plan.shares) share.n_tokens += n;
  const auto catch_up = look_ahead_.catch_up(prospects, n_attended, costs_);
  if (catch_up)
    plan.catch_up = BatchPlan::Share{.index = decoding[catch_up->index], .n_tokens = catch_up->n_tokens};
}

// Prompt tokens of a step that this tenant's may bring it to; `prompts` are all, in the order in which they are computed.
std::uint32_t Scheduler::prefill_budget(Order decoding, Order prompts, std::uint32_t tenant,
                                        Snapshot snapshot) const {
  const auto n_decode = static_cast<std::uint32_t>(decoding.size());
  const std::uint32_t room = limits_.n_batch - std::min(limits_.n_batch, n_decode);
  if (limits_.max_itl.count() == 0) return room;
  const std::uint64_t beside = attended(decoding, snapshot);
  const CostModel::Time limit = longest_step(n_decode, beside, tenant);
  const auto fits = [&](std::uint32_t n) {
    const auto time = costs_.mixed(n_decode, n, beside + attended_by(prompts, n, snapshot));
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

// Of a step with this tenant's prompts.
std::chrono::microseconds Scheduler::full_batch() const {
  const std::uint64_t n_attended = std::uint64_t{limits_.n_batch} * limits_.n_context;
  const auto of_prompts = costs_.mixed(0, limits_.n_batch, n_attended);
  const auto of_streams = costs_.decode_at_most(limits_.n_batch, n_attended);
  const auto time = of_prompts ? of_prompts : of_streams;
  return std::chrono::duration_cast<std::chrono::microseconds>(time.value_or(CostModel::Time{0}));
}

CostModel::Time Scheduler::longest_step(std::uint32_t n_decode, std::uint64_t n_attended,
                                        std::uint32_t tenant) const {
  const CostModel::Time limit = n_decode > 0 ? limits_.max_itl : limits_.max_itl * kIdleFactor;
  const auto awaited = awaited_.shortest_prompt_beside(tenant);
  if (!awaited) return limit;
  const std::uint32_t n_awaited = std::max(*awaited, kShortestAwaited);
  const auto alone = costs_.mixed(0, n_awaited, std::uint64_t{n_awaited} * n_awaited / 2);
  const auto smallest = costs_.mixed(n_decode, kLeastPrefill, n_attended);
  if (!alone || !smallest) return limit;
  return std::min(limit, std::max(kCourtesy * *alone, kHardlyLonger * *smallest));
}

void Scheduler::charge_prompt(std::uint32_t tenant, std::uint32_t n_tokens) {
  prompts_.advance(prompts_.received(tenant));
  prompts_.charge(tenant, n_tokens);
}

// Gives the step's prompt tokens to the prompts, in this order.
void Scheduler::share_out(Order decoding, Order prompts, std::size_t n_queued, Snapshot snapshot,
                          BatchPlan& plan) const {
  PromptPart step;
  std::uint32_t budget = 0;  // for prompts of the tenant whose turn it is
  const Runnable* last = nullptr;
  for (std::size_t place = 0; place < prompts.size(); ++place) {
    const Runnable& prompt = snapshot[prompts[place]];
    if (last == nullptr || last->tenant != prompt.tenant) {
      budget = prefill_budget(decoding, prompts, prompt.tenant, snapshot);
    }
    last = &prompt;
    const std::uint32_t n = std::min(budget - std::min(budget, step.n_tokens), prompt.n_left);
    if (n == 0) continue;
    const PromptPart next{.n_tokens = n,
                          .n_attended = attended_by(prompts.subspan(place, 1), n, snapshot),
                          .n_waiting = prompts.size() - place + n_queued};
    if (!pays_to_join(step, next, decoding, snapshot)) break;
    plan.shares.push_back({.index = prompts[place], .n_tokens = n});
    step.n_tokens += n;
    step.n_attended += next.n_attended;
    if (n == prompt.n_left) ++step.n_waiting;
  }
}

// One step for both saves everybody that is not in it yet a step's fixed cost, and keeps those waiting whose prompts it ends.
bool Scheduler::pays_to_join(const PromptPart& step, const PromptPart& next, Order decoding,
                             Snapshot snapshot) const {
  if (step.n_waiting == 0 || limits_.max_itl.count() == 0) return true;
  const auto n_decode = static_cast<std::uint32_t>(decoding.size());
  const std::uint64_t beside = attended(decoding, snapshot);
  const std::uint32_t n_both = step.n_tokens + next.n_tokens;
  const std::uint64_t both_attend = step.n_attended + next.n_attended;
  const auto first = costs_.mixed(0, step.n_tokens, step.n_attended);
  const auto second = costs_.mixed(0, next.n_tokens, next.n_attended);
  const auto both = costs_.mixed(0, n_both, both_attend);
  const auto before = costs_.mixed(n_decode, step.n_tokens, beside + step.n_attended);
  const auto after = costs_.mixed(n_decode, n_both, beside + both_attend);
  if (!first || !second || !both || !before || !after) return true;
  return static_cast<double>(next.n_waiting) * (*first + *second - *both) >=
         static_cast<double>(step.n_waiting) * (*after - *before);
}

BatchPlan Scheduler::plan(std::span<const Runnable> snapshot, std::size_t n_queued) const {
  std::vector<std::size_t> order(snapshot.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto prompts =
      std::ranges::stable_partition(order, [&](std::size_t i) { return snapshot[i].decodes; });
  const auto n_decoding = order.size() - prompts.size();
  const std::span decoding{order.data(), n_decoding};
  std::ranges::stable_sort(decoding, std::greater{}, [&](std::size_t i) { return snapshot[i].steps_waited; });
  std::ranges::stable_sort(prompts, std::less{}, [&](std::size_t i) {
    return std::tuple{prompts_.received(snapshot[i].tenant), urgency(snapshot[i]), snapshot[i].lane};
  });

  const std::span fitting = decoding.first(std::min<std::size_t>(n_decoding, limits_.n_batch));
  const Order taken = prompts.empty() ? take_turn(fitting, snapshot) : Order{fitting};

  BatchPlan plan;
  for (const std::size_t i : taken) plan.shares.push_back({.index = i, .n_tokens = 1});
  if (prompts.empty()) {
    if (!taken.empty()) look_ahead(taken, snapshot, plan);
    return plan;
  }
  share_out(taken, prompts, n_queued, snapshot, plan);
  return plan;
}

}  // namespace minerva::engine
