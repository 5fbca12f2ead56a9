#include "engine/look_ahead.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <vector>

namespace minerva::engine {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// What steps take on a machine, in microseconds.
struct Machine {
  double step = 10'000;
  double token = 500;  // each beyond the first
  double guess = 500;  // the draft model's step
  double guess_token = 50;
  double read = 50;  // a token that the draft model reads

  [[nodiscard]] microseconds computing(std::uint32_t n) const { return whole(step + token * (n - 1)); }
  [[nodiscard]] microseconds guessing(std::uint32_t n) const { return whole(guess + guess_token * (n - 1)); }
  [[nodiscard]] microseconds reading(std::uint32_t n) const { return whole(read * n); }
  static microseconds whole(double us) { return microseconds{static_cast<std::int64_t>(us)}; }
};

// A machine of which everything is known.
struct Known {
  explicit Known(const Machine& machine, LookAheadLimits limits = {}) : look_ahead{limits} {
    for (int i = 0; i < 3; ++i) {
      for (std::uint32_t n = 1; n <= 16; ++n) {
        costs.learn({.n_decode = n, .duration = machine.computing(n)});
        look_ahead.learn_drafting({.n_decode = n, .duration = machine.guessing(n)});
      }
      look_ahead.learn_drafting({.n_prefill = 32, .duration = machine.reading(32)});
    }
  }
  [[nodiscard]] std::uint32_t n_ahead(const std::vector<DraftProspect>& step) const {
    return look_ahead.n_ahead(step, 0, costs);
  }
  [[nodiscard]] std::optional<LookAhead::CatchUp> catch_up(const std::vector<DraftProspect>& step) const {
    return look_ahead.catch_up(step, 0, costs);
  }

  CostModel costs;
  LookAhead look_ahead;
};

DraftProspect by_model(double hit_rate, std::uint32_t n_behind = 1, std::uint32_t n_generated = 20) {
  return {.n_draft = 15,
          .hit_rate = hit_rate,
          .by_model = true,
          .n_behind = n_behind,
          .n_generated = n_generated};
}

TEST(LookAhead, CountsTheDraftModelsTime) {
  const Known cheap{{.token = 100, .guess = 500}};
  EXPECT_GE(cheap.n_ahead({by_model(0.9)}), 7U);
  const Known dear{{.token = 100, .guess = 9000}};
  EXPECT_EQ(dear.n_ahead({by_model(0.9)}), 0U);
  // A lookup costs nothing.
  EXPECT_GE(dear.n_ahead({{.n_draft = 15, .hit_rate = 0.9}}), 7U);
}

TEST(LookAhead, GuessesFurtherTheMoreOftenTheModelIsRight) {
  const Known known{{.token = 500, .guess = 500}};
  std::uint32_t before = 0;
  for (const double rate : {0.05, 0.6, 0.8, 0.99}) {
    const std::uint32_t n = known.n_ahead({by_model(rate)});
    EXPECT_GE(n, before) << rate;
    before = n;
  }
  EXPECT_EQ(known.n_ahead({by_model(0.05)}), 0U);
  EXPECT_EQ(before, 15U);
}

TEST(LookAhead, KeepsToTheLengthsThatTheUserAllows) {
  EXPECT_EQ((Known{{.token = 100}, {.most = 3}}.n_ahead({by_model(0.99)})), 3U);
  EXPECT_EQ((Known{{.token = 100}, {.most = 5}}.n_ahead({by_model(0.99)})), 3U);
  EXPECT_EQ((Known{{.token = 4000}, {.least = 7}}.n_ahead({by_model(0.6)})), 0U);
  EXPECT_EQ((Known{{.token = 4000}, {.least = 0}}.n_ahead({by_model(0.6)})), 1U);
}

TEST(LookAhead, MakesNobodyWaitForTheDraftModel) {
  const Known patient{{.step = 50'000, .token = 100, .guess = 10'000}, {.max_itl = milliseconds{200}}};
  EXPECT_EQ(patient.n_ahead({by_model(0.99)}), 7U);  // fifteen guesses take 150 ms
}

TEST(LookAhead, MeasuresAPlainStepAgainNowAndThen) {
  Known known{{}};
  for (int i = 0; i < 200; ++i) known.costs.learn({.n_decode = 16, .duration = milliseconds{20}});
  EXPECT_EQ(known.n_ahead({by_model(0.99)}), 0U);
  known.costs.learn({.n_decode = 1, .duration = milliseconds{10}});
  EXPECT_GT(known.n_ahead({by_model(0.99)}), 0U);
}

TEST(LookAhead, ReadsASequenceOnlyWhenWhatWasGeneratedSaysThatItWillPay) {
  const Known known{{.token = 100, .read = 100}};
  EXPECT_FALSE(known.catch_up({by_model(0.9, 1000, 2)}));
  EXPECT_TRUE(known.catch_up({by_model(0.9, 1000, 100)}));
  EXPECT_FALSE(known.catch_up({by_model(0.1, 1000, 100)}));
  EXPECT_EQ(known.n_ahead({by_model(0.9, 1000, 100)}), 0U);  // and guesses nothing before
  EXPECT_FALSE(known.catch_up({by_model(0.9, 2, 100)}));
}

TEST(LookAhead, ReadsInPiecesThatNoStreamNotices) {
  const Known known{{.step = 20'000, .token = 100, .read = 1000}, {.max_itl = milliseconds{100}}};
  const auto reading = known.catch_up({by_model(0.9, 2, 500), by_model(0.9, 1000, 500)});
  ASSERT_TRUE(reading);
  EXPECT_EQ(reading->index, 1U);
  EXPECT_GT(reading->n_tokens, 50U);
  EXPECT_LE(reading->n_tokens, 90U);
}

// A run of one sequence, or several, on a machine that LookAhead learns as it goes.
struct Simulation {
  Machine machine;
  std::uint32_t n_sequences = 1;
  std::function<double(std::uint32_t n_done)> chance;  // that a guess is right
  std::uint32_t seed = 1;

  double time_us = 0;  // of all
  std::uint32_t n_steps_ahead = 0;

  // Time that it takes to generate n tokens of each, with the drafting's against without.
  double against_plain(std::uint32_t n) {
    std::mt19937 random{seed};
    std::uniform_real_distribution<> unit{0, 1};
    std::normal_distribution<> noise{1, 0.05};
    CostModel costs;
    LookAhead look_ahead{{}};
    look_ahead.learn_drafting({.n_decode = 1, .duration = machine.guessing(1)});
    look_ahead.learn_drafting({.n_prefill = 32, .duration = machine.reading(32)});
    double rate = 0.7;
    std::uint64_t n_tokens = 0;
    std::uint32_t n_behind = 1;
    while (n_tokens < std::uint64_t{n} * n_sequences) {
      const auto n_done = static_cast<std::uint32_t>(n_tokens / n_sequences);
      const std::vector<DraftProspect> step(n_sequences, by_model(rate, n_behind, n_done));
      StepCost cost{.n_sequences = n_sequences};
      if (const auto reading = look_ahead.catch_up(step, 0, costs)) {
        time_us += static_cast<double>(machine.reading(reading->n_tokens * n_sequences).count());
        n_behind = std::max(1U, n_behind - reading->n_tokens);
      }
      const std::uint32_t n_ahead = look_ahead.n_ahead(step, 0, costs);
      if (n_ahead > 0) {
        cost.drafting =
            n_ahead * machine.guessing(n_sequences) + machine.reading(n_sequences * (n_behind - 1));
        look_ahead.learn_drafting({.n_decode = n_sequences, .duration = machine.guessing(n_sequences)});
        n_behind = 1;
        ++n_steps_ahead;
      } else {
        ++n_behind;
      }
      for (std::uint32_t i = 0; i < n_sequences; ++i) {
        ++cost.n_generated;
        for (std::uint32_t k = 0; k < n_ahead; ++k) {
          const bool is_hit = unit(random) < chance(n_done);
          rate += 0.1 * ((is_hit ? 1 : 0) - rate);
          if (!is_hit) break;
          ++cost.n_generated;
        }
      }
      n_tokens += cost.n_generated;
      cost.n_decode = n_sequences * (1 + n_ahead);
      cost.duration =
          Machine::whole(noise(random) * static_cast<double>(machine.computing(cost.n_decode).count()));
      time_us += static_cast<double>((cost.duration + cost.drafting).count());
      costs.learn(cost);
      look_ahead.settle(cost, costs);
    }
    const auto n_plain = static_cast<double>(n_tokens) / n_sequences;
    return time_us / (n_plain * static_cast<double>(machine.computing(n_sequences).count()));
  }
};

TEST(LookAhead, GainsWhatThereIsToGain) {
  Simulation run{.machine = {.token = 300, .guess = 400}, .chance = [](std::uint32_t) { return 0.85; }};
  EXPECT_LT(run.against_plain(1000), 0.5);
  Simulation several{.machine = {.token = 100, .guess = 400}, .n_sequences = 8, .chance = [](std::uint32_t) {
                       return 0.95;
                     }};
  EXPECT_LT(several.against_plain(1000), 0.75);
}

TEST(LookAhead, NoticesThatATextHasBecomeEasier) {
  Simulation run{.machine = {.token = 300, .guess = 400},
                 .chance = [](std::uint32_t n_done) { return n_done < 500 ? 0.02 : 0.95; }};
  EXPECT_LT(run.against_plain(3000), 0.7);
}

// Whatever the machine and the draft model are, at any number of sequences.
TEST(LookAhead, NeverLosesMoreThanAHundredthInTheLongRun) {
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    std::mt19937 random{seed};
    const auto between = [&](double low, double high) {
      return std::uniform_real_distribution<>{low, high}(random);
    };
    const double step = between(1000, 50'000);
    const double chance = between(0, 1);
    const double later = between(0, 1);
    Simulation run{.machine = {.step = step,
                               .token = step * between(0.005, 1),
                               .guess = step * between(0.01, 1.2),
                               .guess_token = step * between(0.001, 0.1),
                               .read = step * between(0.001, 0.1)},
                   .n_sequences = 1 + static_cast<std::uint32_t>(random() % 8),
                   .chance = [&](std::uint32_t n_done) { return n_done % 600 < 300 ? chance : later; },
                   .seed = seed};
    // A hundredth, the credit that it begins with, and the noise.
    EXPECT_LT(run.against_plain(4000), 1.01 + 16.0 / 4000 + 0.005) << "seed " << seed;
  }
}

}  // namespace
}  // namespace minerva::engine
