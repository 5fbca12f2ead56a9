#include "engine/look_ahead.h"

#include <algorithm>
#include <array>

namespace minerva::engine {
namespace {

// Numbers of drafted tokens that are tried. With the token itself they make a power of two, which kernels like.
constexpr std::array kDraftLengths{1U, 3U, 7U, 15U};

// Measurements of a size before it is believed.
constexpr std::uint64_t kTrials = 2;

// A step that drafts nothing is measured again after this many: the machine's load and the contexts change.
constexpr std::uint64_t kStaleSteps = 128;

// A size of step that was not measured yet is tried when its drafted tokens are at least so probable.
constexpr double kLeastTrialRate = 0.8;

// A drafted step must be better than a plain one by this, or the estimates' errors would cost more than it gains.
constexpr double kLeastGain = 1.05;

// However good a draft is, nobody waits longer for its tokens than for so many plain ones, or the stream's limit.
constexpr double kLongestWait = 2;

// The draft model may be so many tokens behind and is taken to be there.
constexpr std::uint32_t kInPassing = 16;

// Its reading must pay so many times over, because nobody knows how long an answer will be.
constexpr double kCaution = 2;

// It reads at least so much at once, however slow it is.
constexpr std::uint32_t kLeastRead = 16;

// See the header. What lies above kCredit is for trials.
constexpr double kCredit = 16;
constexpr double kMostCredit = kCredit + 4;
constexpr double kIncome = 0.01;

// A step that took many times what its size takes was held up by something else, which is not drafting's to pay.
constexpr double kLargestSurprise = 3;

// Tokens to be expected of one sequence: the certain one, and each drafted one if all before it hit.
double expected_tokens(double hit_rate, std::uint32_t n_draft) {
  double sum = 1;
  double probability = 1;
  for (std::uint32_t i = 0; i < n_draft; ++i) sum += probability *= hit_rate;
  return sum;
}

}  // namespace

// The sequences of a step, summed up.
struct LookAhead::Group {
  std::span<const DraftProspect> step;
  std::uint64_t n_attended;
  std::uint32_t n_sequences = static_cast<std::uint32_t>(step.size());
  std::uint32_t n_draft = wire::kMostDrafted;  // of the one with the fewest
  double least_hit_rate = 1;
  std::uint32_t n_by_model = 0;
  std::uint32_t n_behind = 0;     // tokens that the draft model has to compute first
  std::uint32_t most_behind = 0;  // of one sequence
  std::uint64_t n_generated = 0;

  Group(std::span<const DraftProspect> taken, std::uint64_t attended) : step{taken}, n_attended{attended} {
    for (const DraftProspect& each : step) {
      n_draft = std::min(n_draft, each.n_draft);
      least_hit_rate = std::min(least_hit_rate, each.hit_rate);
      n_generated += each.n_generated;
      if (!each.by_model) continue;
      ++n_by_model;
      n_behind += each.n_behind;
      most_behind = std::max(most_behind, each.n_behind);
    }
  }
  [[nodiscard]] double expected(std::uint32_t n) const {
    double sum = 0;
    for (const DraftProspect& each : step) sum += expected_tokens(each.hit_rate, n);
    return sum;
  }
  [[nodiscard]] std::uint32_t n_tokens(std::uint32_t n) const { return n_sequences * (n + 1); }
};

LookAhead::LookAhead(const LookAheadLimits& limits) : limits_{limits}, credit_{kCredit} {
  limits_.n_outputs = std::min(limits_.n_outputs, limits_.n_batch);
}

std::uint32_t LookAhead::n_ahead(std::span<const DraftProspect> step, std::uint64_t n_attended,
                                 const CostModel& costs) const {
  const Group group{step, n_attended};
  const auto plain = costs.decode(group.n_sequences, n_attended);
  if (!plain || costs.age(group.n_sequences) > kStaleSteps) return 0;
  const std::uint32_t n = best(group, costs, *plain).n;
  if (group.n_by_model == 0) return n;
  if (n > 0 && credit_ > 0 && group.most_behind <= kInPassing) return n;
  return trial(group, costs, *plain);
}

LookAhead::Choice LookAhead::best(const Group& group, const CostModel& costs, Time plain) const {
  Choice choice{.n = 0, .rate = kLeastGain * group.n_sequences / plain.count()};
  Time known = plain;  // what a step takes at least, by the largest that was measured
  for (const std::uint32_t n : kDraftLengths) {
    if (n > limits_.most || n > group.n_draft || group.n_tokens(n) > limits_.n_outputs) break;
    if (n < limits_.least) continue;
    const Time drafting = drafting_time(group, n);
    if (costs.n_measured(group.n_tokens(n)) < kTrials) {
      const double rate = group.expected(n) / (known + drafting).count();
      const bool is_tried =
          group.least_hit_rate >= kLeastTrialRate || (group.n_by_model > 0 && rate > choice.rate);
      return is_tried ? Choice{.n = n, .rate = rate} : choice;
    }
    known = *costs.decode(group.n_tokens(n), group.n_attended * (n + 1));
    const Time time = known + drafting;
    if (time > longest_step(plain)) break;
    const double rate = group.expected(n) / time.count();
    if (rate > choice.rate) choice = {.n = n, .rate = rate};
  }
  return choice;
}

// The smallest draft, when there is credit enough even if all of it turns out wrong; else none.
std::uint32_t LookAhead::trial(const Group& group, const CostModel& costs, Time plain) const {
  const auto* const least =
      std::ranges::find_if(kDraftLengths, [this](std::uint32_t n) { return n >= limits_.least; });
  if (least == kDraftLengths.end() || *least > limits_.most || *least > group.n_draft ||
      group.n_tokens(*least) > limits_.n_outputs)
    return 0;
  const auto computing = costs.decode(group.n_tokens(*least), group.n_attended * (*least + 1));
  const Time time = computing.value_or(plain * (*least + 1)) + drafting_time(group, *least) +
                    reading_time(group.n_behind - std::min(group.n_behind, group.n_by_model));
  if (time > longest_step(plain)) return 0;
  return credit_ >= kCredit + time / plain - 1 ? *least : 0;
}

std::optional<LookAhead::CatchUp> LookAhead::catch_up(std::span<const DraftProspect> step,
                                                      std::uint64_t n_attended,
                                                      const CostModel& costs) const {
  const Group group{step, n_attended};
  const auto plain = costs.decode(group.n_sequences, n_attended);
  if (!plain || group.most_behind <= kInPassing || credit_ <= 0) return std::nullopt;
  const Choice choice = best(group, costs, *plain);
  if (choice.n == 0) return std::nullopt;
  const auto lags = [](const DraftProspect& each) { return each.by_model && each.n_behind > kInPassing; };
  std::size_t index = step.size();
  for (std::size_t i = 0; i < step.size(); ++i) {
    if (lags(step[i]) && (index == step.size() || step[i].n_behind < step[index].n_behind)) index = i;
  }
  const Time gain{plain->count() / group.n_sequences - 1 / choice.rate};  // of a token
  const Time reading = reading_time(step[index].n_behind);
  if (kCaution * reading > gain * static_cast<double>(group.n_generated)) return std::nullopt;
  std::uint32_t n = step[index].n_behind;
  if (limits_.max_itl.count() > 0) {
    const Time limit = longest_step(*plain) - *plain;
    const double part = std::min(1.0, std::max(limit, Time{0}) / reading);
    n = std::max(kLeastRead, static_cast<std::uint32_t>(part * n));
  }
  return CatchUp{.index = index, .n_tokens = std::min({n, step[index].n_behind, limits_.n_batch})};
}

void LookAhead::settle(const StepCost& step, const CostModel& costs) {
  if (step.n_prefill > 0 || step.n_sequences == 0) return;
  credit_ += kIncome;
  if (step.drafting.count() > 0) {
    const std::uint64_t n_attended = step.n_attended * step.n_sequences / step.n_decode;
    const auto plain = costs.decode(step.n_sequences, n_attended);
    const auto usual = costs.decode(step.n_decode, step.n_attended);
    if (!plain || !usual) return;
    const Time time = std::min(Time{step.duration}, kLargestSurprise * *usual) + step.drafting;
    credit_ += static_cast<double>(step.n_generated) / step.n_sequences - time / *plain;
  }
  credit_ = std::min(credit_, kMostCredit);
}

LookAhead::Time LookAhead::drafting_time(const Group& group, std::uint32_t n) const {
  if (group.n_by_model == 0) return Time{0};
  const std::uint64_t n_attended = group.n_attended / group.n_sequences * group.n_by_model;
  return n *
         drafting_.decode_at_most(group.n_by_model, n_attended).value_or(Time::max() / wire::kMostDrafted);
}

LookAhead::Time LookAhead::reading_time(std::uint32_t n_tokens) const {
  if (n_tokens == 0) return Time{0};
  const std::uint64_t n_attended = std::uint64_t{n_tokens} * n_tokens / 2;
  return drafting_.mixed(0, n_tokens, n_attended).value_or(Time::max());
}

LookAhead::Time LookAhead::longest_step(Time plain) const {
  if (limits_.max_itl.count() == 0) return Time::max();
  return std::max<Time>(limits_.max_itl, kLongestWait * plain);
}

}  // namespace minerva::engine
