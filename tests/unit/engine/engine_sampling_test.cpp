// Whatever the number of threads that sample, a request's answer and the order of all events are the same.

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine_fixture.h"

namespace minerva::engine {
namespace {

using support::ScriptedOptions;

EngineOptions with_threads(std::uint32_t n) {
  return {.n_sampling_threads = n, .worth_waking = std::chrono::microseconds{0}};
}

// One line an event, in order.
std::string line_of(const wire::SequenceEvent& event) {
  const auto id_of = [](const auto& value) { return std::to_string(value.id); };
  std::string line = std::to_string(event.index()) + " " + std::visit(id_of, event);
  if (const auto* text = std::get_if<wire::SequenceText>(&event)) line += " " + text->text;
  if (const auto* finished = std::get_if<wire::SequenceFinished>(&event)) {
    line += " " + finished->stop_text + " " + std::to_string(finished->stats.n_drafted) + " " +
            std::to_string(finished->stats.n_accepted);
  }
  if (const auto* failed = std::get_if<wire::SequenceFailed>(&event)) line += " " + failed->error.message;
  return line;
}

// What a seeded workload gives: prompts of many lengths, stop strings, limits, drafts, cancels and failures.
std::vector<std::string> events_of(std::uint32_t n_threads, support::NextToken next, std::uint32_t seed) {
  log::configure(log::Level::kOff, "");
  ScriptedOptions options{.n_parallel = 6, .n_ctx_sequence = 96, .n_batch = 48};
  options.next = std::move(next);
  options.sampling_fails = [](std::string_view text) { return text.ends_with("bad"); };
  support::ScriptedBackend backend{options};
  Engine engine{backend, with_threads(n_threads), [&] { return backend.now(); }};
  std::mt19937 random{seed};
  std::vector<std::string> lines;
  for (std::uint64_t id = 1; id <= 60 || !engine.idle();) {
    if (id <= 60 && random() % 2 == 0) {
      wire::GenerationSpec spec;
      spec.id = id++;
      for (auto n = 1 + random() % 40; n > 0; --n) spec.prompt.text += static_cast<char>('a' + random() % 3);
      if (random() % 3 == 0) spec.max_tokens = static_cast<std::uint32_t>(1 + random() % 20);
      if (random() % 4 == 0) spec.stop = {std::string(1, static_cast<char>('a' + random() % 26))};
      auto tokens = *backend.tokenize(spec.prompt);
      engine.submit(std::move(spec), std::move(tokens));
    }
    if (random() % 10 == 0) engine.cancel(random() % id);
    for (const auto& event : engine.step()) lines.push_back(line_of(event));
  }
  return lines;
}

TEST(EngineSampling, GivesTheSameEventsWithAnyNumberOfThreads) {
  for (const auto& next : {support::NextToken{support::scrambled}, support::NextToken{support::circling}}) {
    for (std::uint32_t seed = 1; seed <= 5; ++seed) {
      const auto alone = events_of(1, next, seed);
      EXPECT_GT(alone.size(), 300U);
      EXPECT_EQ(events_of(2, next, seed), alone) << "seed " << seed;
      EXPECT_EQ(events_of(4, next, seed), alone) << "seed " << seed;
    }
  }
}

TEST(EngineSampling, EndsOnlyTheRequestWhoseSamplingFails) {
  ScriptedOptions options;
  options.sampling_fails = [](std::string_view text) {
    return text.ends_with("4") && text.contains("count 8");
  };
  EngineFixture t{options, with_threads(4)};
  t.submit(1, "count 7");
  t.submit(2, "count 8");
  t.submit(3, "count 9");
  t.run();
  EXPECT_EQ(t.records[1].text, "1 2 3 4 5 6 7");
  ASSERT_TRUE(t.records[2].error);
  EXPECT_EQ(t.records[2].error->code, ErrorCode::kSamplingFailed);
  EXPECT_EQ(t.records[3].text, "1 2 3 4 5 6 7 8 9");
}

}  // namespace
}  // namespace minerva::engine
