#include <gtest/gtest.h>

#include "engine_fixture.h"

namespace minerva::engine {
namespace {

using support::ScriptedOptions;

wire::GenerationSpec spec_of(std::uint64_t id, std::string prompt, std::vector<std::string> stop = {}) {
  wire::GenerationSpec spec;
  spec.id = id;
  spec.prompt = {.text = prompt, .spans = {{.n_bytes = static_cast<std::uint32_t>(prompt.size())}}};
  spec.stop = std::move(stop);
  return spec;
}

// What a gateway would know of request 1.
wire::Resumption resumption_of(EngineFixture& from, const wire::GenerationSpec& spec) {
  const EngineFixture::Record& record = from.records[spec.id];
  wire::Resumption resumption{
      .prompt = *from.backend.tokenize(spec.prompt), .generated = record.tokens, .sampler = {}, .stats = {}};
  if (!record.stats_on_the_way.empty()) resumption.stats = record.stats_on_the_way.back();
  resumption.stats.n_resumed = 1;
  return resumption;
}

// The text of an undisturbed engine, and of two of which the second takes over after each possible number of steps.
void expect_same_text(const ScriptedOptions& options, const wire::GenerationSpec& spec) {
  EngineFixture whole{options};
  whole.submit(spec);
  whole.run();
  const auto& expected = whole.records[spec.id];
  ASSERT_TRUE(expected.finished);
  for (std::size_t n_tokens = 0; n_tokens < expected.tokens.size(); ++n_tokens) {
    EngineFixture before{options};
    before.submit(spec);
    while (before.records[spec.id].tokens.size() < n_tokens) before.step();
    EngineFixture after{options};
    after.engine.resume(spec, resumption_of(before, spec));
    after.run();
    const auto& rest = after.records[spec.id];
    ASSERT_TRUE(rest.finished) << n_tokens;
    EXPECT_EQ(before.records[spec.id].text + rest.text, expected.text) << n_tokens;
    EXPECT_EQ(rest.finished->reason, expected.finished->reason);
    EXPECT_EQ(rest.finished->stop_text, expected.finished->stop_text);
    EXPECT_EQ(rest.finished->stats.n_generated, expected.finished->stats.n_generated);
    EXPECT_EQ(rest.finished->stats.n_prompt, expected.finished->stats.n_prompt);
    EXPECT_EQ(rest.finished->stats.n_resumed, 1U);
  }
}

TEST(EngineResume, GoesOnAfterEachToken) { expect_same_text({}, spec_of(1, "count 3 to 22")); }

TEST(EngineResume, KeepsTheLimit) {
  auto spec = spec_of(1, "count 90");
  spec.max_tokens = 17;
  expect_same_text({}, spec);
}

TEST(EngineResume, HoldsBackTheBeginningOfAStopStringAgain) {
  expect_same_text({}, spec_of(1, "count 1 to 20", {"8 9 10 11"}));
  expect_same_text({}, spec_of(1, "say abcabcabd and more", {"abd"}));
}

TEST(EngineResume, HoldsBackHalfACodePointAgain) {
  expect_same_text({}, spec_of(1, "say a\xE2\x82\xAC\xF0\x9F\xA6\x89z"));
}

TEST(EngineResume, GoesOnWhileTokensAreComputedAhead) {
  ScriptedOptions options;
  options.next = support::circling;
  auto spec = spec_of(1, "abcabcabcabc");
  spec.max_tokens = 40;
  expect_same_text(options, spec);
}

TEST(EngineResume, GoesOnBesideOthersOnAModelWhoseMemoryCannotBeCut) {
  ScriptedOptions options;
  options.can_cut = false;
  options.can_copy = false;
  expect_same_text(options, spec_of(1, "count 3 to 22"));
}

TEST(EngineResume, CountsTimeFromWhereItBegan) {
  ScriptedOptions options;
  options.step_cost = std::chrono::microseconds{1000};
  EngineFixture t{options};
  const auto spec = spec_of(1, "count 5");
  wire::Resumption from{.prompt = *t.backend.tokenize(spec.prompt),
                        .generated = {support::number_token(1, true), support::number_token(2, false)},
                        .sampler = {},
                        .stats = {.queue_us = 5, .prefill_us = 70, .decode_us = 900'000}};
  t.engine.resume(spec, std::move(from));
  t.run();
  const auto& stats = t.records[1].finished->stats;
  EXPECT_EQ(t.records[1].text, " 3 4 5");
  EXPECT_EQ(stats.queue_us, 5U);
  EXPECT_EQ(stats.prefill_us, 70U);
  EXPECT_GT(stats.decode_us, 900'000U);
  EXPECT_LT(stats.decode_us, 920'000U);
}

TEST(EngineResume, EndsWithTheTrueReasonWhereTheContextHoldsNoMore) {
  ScriptedOptions options;
  options.n_ctx_sequence = 12;
  EngineFixture t{options};
  const auto spec = spec_of(1, "count 9");
  wire::Resumption from{
      .prompt = *t.backend.tokenize(spec.prompt), .generated = {}, .sampler = {}, .stats = {}};
  for (int i = 1; i <= 5; ++i) from.generated.push_back(support::number_token(i, i == 1));
  t.engine.resume(spec, std::move(from));
  t.run();
  ASSERT_TRUE(t.records[1].finished);
  EXPECT_EQ(t.records[1].finished->reason, wire::FinishReason::kLength);
}

}  // namespace
}  // namespace minerva::engine
