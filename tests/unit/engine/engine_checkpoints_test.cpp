#include <gtest/gtest.h>

#include <string>

#include "engine_fixture.h"

namespace minerva::engine {
namespace {

constexpr std::uint64_t kStore = 1U << 20U;

// A memory that knows its end only, as those of recurrent models.
class Recurrent : public EngineFixture {
 public:
  explicit Recurrent(std::uint64_t store_bytes = kStore)
      : EngineFixture{{.n_parallel = 4, .n_ctx_sequence = 1024, .n_batch = 32, .can_cut = false},
                      {.prefix_store_bytes = store_bytes}} {}

  std::uint32_t n_cached(std::uint64_t id) { return records[id].finished->stats.n_cached; }
};

TEST(EngineCheckpoints, TheNextTurnGoesOnFromTheEndOfTheLastPrompt) {
  Recurrent t;
  const std::string first = std::string(200, 'a') + "count 3";
  t.submit(1, first);
  t.run();
  // What was answered is rendered in another way, so the slot itself is of no use.
  t.submit(2, first + "[1 2 3]count 4");
  t.run();
  EXPECT_EQ(t.records[2].text, "1 2 3 4");
  EXPECT_GE(t.n_cached(2), first.size() - 16);
}

TEST(EngineCheckpoints, PromptsThatArriveTogetherComputeTheirCommonBeginningOnce) {
  Recurrent t;
  const std::string document(300, 'd');
  for (std::uint64_t id = 1; id <= 4; ++id) t.submit(id, document + std::to_string(id) + " count 3");
  t.run();
  for (std::uint64_t id = 1; id <= 4; ++id) EXPECT_EQ(t.records[id].text, "1 2 3") << id;
  // For less than sixteen more tokens nobody waits.
  for (std::uint64_t id = 2; id <= 4; ++id) EXPECT_GT(t.n_cached(id), 300U - 16U) << id;
}

TEST(EngineCheckpoints, TheThirdPromptFindsWhereTheFirstTwoParted) {
  Recurrent t;
  const std::string system(150, 's');
  t.submit(1, system + std::string(50, 'x') + "count 2");
  t.run();
  t.submit(2, system + std::string(50, 'y') + "count 2");
  t.run();
  EXPECT_EQ(t.n_cached(2), 0U);
  t.submit(3, system + std::string(50, 'z') + "count 2");
  t.run();
  EXPECT_EQ(t.n_cached(3), 150U - 16U);
  EXPECT_EQ(t.records[3].text, "1 2");
}

TEST(EngineCheckpoints, WithoutHostMemoryAnswersAreTheSame) {
  Recurrent t{0};
  const std::string document(300, 'd');
  for (std::uint64_t id = 1; id <= 3; ++id) t.submit(id, document + "count 3");
  t.run();
  for (std::uint64_t id = 1; id <= 3; ++id) EXPECT_EQ(t.records[id].text, "1 2 3") << id;
}

TEST(EngineCheckpoints, OneThatIsSetAsideComesBackWhole) {
  EngineFixture t{{.n_parallel = 2, .n_ctx_sequence = 1024, .can_cut = false},
                  {.prefix_store_bytes = kStore}};
  wire::GenerationSpec urgent;
  urgent.prompt = {.text = "count 2", .spans = {{.n_bytes = 7}}};
  urgent.id = 3;
  urgent.priority = 1;
  t.submit(1, "a count 100");
  t.submit(2, "b count 100");
  for (int i = 0; i < 80; ++i) t.step();
  const std::uint64_t n_before = t.backend.n_tokens_decoded();
  t.submit(std::move(urgent));
  t.run();
  EXPECT_EQ(t.records[2].finished->stats.n_preempted, 1U);
  EXPECT_TRUE(t.records[2].text.ends_with("99 100"));
  // Not its eighty tokens again.
  EXPECT_LT(t.backend.n_tokens_decoded() - n_before, 2 * 25U + 20U);
}

}  // namespace
}  // namespace minerva::engine
