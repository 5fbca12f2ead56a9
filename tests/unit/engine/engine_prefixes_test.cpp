// What the engine takes over from prompts that it has computed: in slots, in host memory, in files.

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

#include "engine/engine.h"
#include "engine_fixture.h"
#include "support/temporary_folder.h"

namespace minerva::engine {
namespace {

using support::ScriptedOptions;

TEST(EnginePrefixes, ReusesTheConversationInItsSlot) {
  EngineFixture t;
  const std::string first = "a long system prompt, which is the same every time. count 5";
  t.submit(1, first);
  t.run();
  t.submit(2, first + "!");
  t.run();
  EXPECT_EQ(t.records[1].finished->stats.n_cached, 0U);
  EXPECT_EQ(t.records[2].finished->stats.n_cached, first.size());
  EXPECT_EQ(t.records[2].text, "1 2 3 4 5");
  EXPECT_EQ(t.backend.n_tokens_decoded(), first.size() + 5 + 1 + 5);
}

TEST(EnginePrefixes, ComputesEveryPromptWholeWhenItIsToReuseNothing) {
  EngineFixture t{{.n_parallel = 3}, {.reuse_prefixes = false, .prefix_store_bytes = 100'000}};
  const std::string prompt = std::string(90, 'd') + "count 5";
  for (std::uint64_t id = 1; id <= 2; ++id) t.submit(id, prompt);  // beside each other
  t.run();
  t.submit(3, prompt);  // after an end
  t.run();
  for (std::uint64_t id = 1; id <= 3; ++id) {
    EXPECT_EQ(t.records[id].finished->stats.n_cached, 0U) << id;
    EXPECT_EQ(t.records[id].text, "1 2 3 4 5") << id;
  }
  EXPECT_EQ(t.backend.n_tokens_decoded(), 3 * (prompt.size() + 5));
}

TEST(EnginePrefixes, ComputesTheLastPromptTokenOfAPromptItHas) {
  EngineFixture t;
  t.submit(1, "count 5");
  t.run();
  t.submit(2, "count 5");
  t.run();
  EXPECT_EQ(t.records[2].finished->stats.n_cached, 6U);
  EXPECT_EQ(t.records[2].text, "1 2 3 4 5");
}

TEST(EnginePrefixes, CopiesThePrefixOfASequenceThatStillRuns) {
  EngineFixture t;
  const std::string shared = "a long document that two clients ask about at the same time: ";
  t.submit(1, shared + "count 40");
  for (int i = 0; i < 10; ++i) t.step();
  t.submit(2, shared + "count 7");
  t.run();
  EXPECT_EQ(t.records[2].finished->stats.n_cached, shared.size() + 6);
  EXPECT_EQ(t.records[2].text, "1 2 3 4 5 6 7");
  EXPECT_EQ(t.records[1].tokens.size(), 41U);
}

TEST(EnginePrefixes, ComputesAPromptThatArrivesSeveralTimesAtOnceOnce) {
  EngineFixture t{{.n_parallel = 4, .n_batch = 32}};
  const std::string document(150, 'd');
  for (std::uint64_t id = 1; id <= 4; ++id) t.submit(id, document + std::to_string(id) + "count 3");
  t.run();
  std::uint32_t n_cached = 0;
  for (std::uint64_t id = 1; id <= 4; ++id) {
    EXPECT_EQ(t.records[id].text, "1 2 3");
    n_cached += t.records[id].finished->stats.n_cached;
  }
  EXPECT_EQ(n_cached, 3 * document.size());
}

TEST(EnginePrefixes, ComputesOnlyTheLastTokenOfAPromptAgainForItsFurtherChoices) {
  for (const std::uint32_t n_slots : {8U, 3U, 1U}) {
    EngineFixture t{{.n_parallel = n_slots, .n_batch = 32}};
    const std::string prompt = std::string(150, 'd') + "count 3";
    for (std::uint64_t id = 1; id <= 8; ++id) t.submit(id, prompt);
    t.run();
    for (std::uint64_t id = 1; id <= 8; ++id) {
      EXPECT_EQ(t.records[id].text, "1 2 3");
      EXPECT_EQ(t.records[id].finished->stats.n_cached, id == 1 ? 0 : prompt.size() - 1) << n_slots;
    }
    EXPECT_EQ(t.engine.status().n_prompt_tokens, prompt.size() + 7) << n_slots;
  }
}

TEST(EnginePrefixes, LetsOtherRequestsStartWhileSomeWaitForASharedPrefix) {
  EngineFixture t{{.n_parallel = 4, .n_batch = 16}};
  const std::string document(150, 'd');
  t.submit(1, document + "count 3");
  t.submit(2, document + " count 4");
  t.submit(3, "say quick");
  t.step();
  EXPECT_EQ(t.engine.status().n_running, 2U);
  EXPECT_EQ(t.engine.status().n_waiting, 1U);
  t.run();
  EXPECT_EQ(t.records[3].text, "quick");
  EXPECT_GE(t.records[2].finished->stats.n_cached, document.size() - 16);
}

TEST(EnginePrefixes, StartsAWaitingRequestWhenTheOneThatComputedItsPrefixIsGone) {
  EngineFixture t{{.n_parallel = 4, .n_batch = 16}};
  const std::string document(150, 'd');
  t.submit(1, document + "count 3");
  t.submit(2, document + " count 4");
  t.step();
  EXPECT_EQ(t.engine.status().n_waiting, 1U);
  t.engine.cancel(1);
  t.run();
  EXPECT_EQ(t.records[2].text, "1 2 3 4");
}

TEST(EnginePrefixes, WaitsForNoPrefixThatTheModelCannotCopy) {
  EngineFixture t{{.n_parallel = 4, .n_batch = 16, .can_copy = false}};
  const std::string document(150, 'd');
  t.submit(1, document + "count 3");
  t.submit(2, document + " count 4");
  t.run();  // the first copy fails, and the engine has learnt
  t.submit(3, "other " + document + "count 3");
  t.submit(4, "other " + document + " count 4");
  t.step();
  EXPECT_EQ(t.engine.status().n_waiting, 0U);
  t.run();
  EXPECT_EQ(t.records[4].text, "1 2 3 4");
}

TEST(EnginePrefixes, FindsAConversationAgainThatLostItsSlot) {
  EngineFixture t{{.n_parallel = 1}, {.prefix_store_bytes = 1U << 20U}};
  const std::string first = std::string(100, 'a') + "count 3";
  const std::string second = std::string(100, 'b') + "count 4";
  t.submit(1, first);
  t.submit(2, second);
  t.submit(3, first + " 1 2 3 count 5");
  t.submit(4, second);
  t.run();
  EXPECT_EQ(t.records[3].text, "1 2 3 4 5");
  EXPECT_GE(t.records[3].finished->stats.n_cached, first.size());
  EXPECT_EQ(t.records[4].text, "1 2 3 4");
  EXPECT_EQ(t.records[4].finished->stats.n_cached, second.size() - 1);
}

// An engine as after a start of the program, with the files that are there.
struct RestartedEngine : EngineFixture {
  explicit RestartedEngine(const support::TemporaryFolder& folder,
                           ScriptedOptions options = {.n_ctx_sequence = 1024})
      : EngineFixture{std::move(options),
                      {.prefix_files = std::move(*PrefixFiles::open(
                           {.folder = folder.path(), .max_bytes = 1U << 20U, .model_key = 1})),
                       .prefix_store_bytes = 1U << 20U}} {}
};

void ask_before_the_restart(const support::TemporaryFolder& folder, const std::string& prompt) {
  RestartedEngine t{folder};
  t.submit(1, prompt);
  t.run();
}

TEST(EnginePrefixes, FindsAConversationAgainAfterARestart) {
  const support::TemporaryFolder folder;
  const std::string document(300, 'd');
  ask_before_the_restart(folder, document + "count 3");
  RestartedEngine t{folder};
  t.submit(1, document + "count 4");
  t.submit(2, document + "count 5");
  t.submit(3, "count 2");
  t.run();
  EXPECT_EQ(t.records[1].text, "1 2 3 4");
  EXPECT_GE(t.records[1].finished->stats.n_cached, document.size());
  EXPECT_EQ(t.records[2].text, "1 2 3 4 5");
  EXPECT_GE(t.records[2].finished->stats.n_cached, document.size());
  // Whichever is asked about first when the file has been read takes that, and the other one the first one's slot.
  const std::set tiers{t.records[1].finished->stats.cached_in, t.records[2].finished->stats.cached_in};
  EXPECT_EQ(tiers, (std::set{wire::PrefixTier::kDisk, wire::PrefixTier::kKv}));
  EXPECT_EQ(t.records[3].text, "1 2");
  EXPECT_EQ(t.records[3].finished->stats.cached_in, wire::PrefixTier::kNone);
  EXPECT_GT(t.engine.status().prefix_files_bytes, document.size());
}

TEST(EnginePrefixes, CallsAFileHostMemoryOnceItWasRead) {
  const support::TemporaryFolder folder;
  const std::string document(300, 'd');
  ask_before_the_restart(folder, document + "count 3");
  RestartedEngine t{folder, {.n_parallel = 1, .n_ctx_sequence = 1024}};
  const std::string other(100, 'o');
  t.submit(1, document + "count 4");
  t.submit(2, other);
  t.submit(3, document + "count 5");
  t.run();
  EXPECT_EQ(t.records[1].finished->stats.cached_in, wire::PrefixTier::kDisk);
  EXPECT_EQ(t.records[3].finished->stats.cached_in, wire::PrefixTier::kHost);
}

TEST(EnginePrefixes, SavesOneFileForADocumentThatManyAskAbout) {
  const support::TemporaryFolder folder;
  const std::string document(300, 'd');
  {
    RestartedEngine t{folder};
    for (std::uint64_t id = 1; id <= 9; ++id) t.submit(id, document + "count " + std::to_string(id));
    t.submit(10, "count 3");
    t.run();
  }
  std::size_t n_files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{folder.path()})
    if (entry.is_regular_file()) ++n_files;
  EXPECT_EQ(n_files, 1U);
}

TEST(EnginePrefixes, ComputesAgainWhatCannotBeRestored) {
  const support::TemporaryFolder folder;
  const std::string document(300, 'd');
  ask_before_the_restart(folder, document + "count 3");
  RestartedEngine t{folder, {.n_ctx_sequence = 1024, .can_cut = false, .can_copy = false}};
  t.submit(1, document + "count 4");
  t.run();
  EXPECT_EQ(t.records[1].text, "1 2 3 4");
}

TEST(EnginePrefixes, ComputesAgainWhatHostMemoryMayNotHold) {
  EngineFixture t{{.n_parallel = 1}, {.prefix_store_bytes = 100}};
  const std::string prompt = std::string(100, 'a') + "count 3";
  t.submit(1, prompt);
  t.submit(2, std::string(100, 'b'));
  t.submit(3, prompt);
  t.run();
  EXPECT_EQ(t.records[3].text, "1 2 3");
  EXPECT_EQ(t.records[3].finished->stats.n_cached, 0U);
}

TEST(EnginePrefixes, ComputesAgainWhatTheModelCannotCutOrCopy) {
  EngineFixture t{{.can_cut = false, .can_copy = false}};
  const std::string shared = "a long document that two clients ask about at the same time: ";
  t.submit(1, shared + "count 40");
  for (int i = 0; i < 10; ++i) t.step();
  t.submit(2, shared + "count 7");
  t.run();
  t.submit(3, shared + "count 7");
  t.run();
  EXPECT_EQ(t.records[2].finished->stats.n_cached, 0U);
  EXPECT_EQ(t.records[3].text, "1 2 3 4 5 6 7");
}

// Four slots with long contexts, and four new prompts: how many of these the first step begins with.
std::uint32_t n_begun_at_once(std::chrono::microseconds state_cost) {
  EngineFixture t{{.state_cost = state_cost}, {.prefix_store_bytes = 100'000}};
  for (std::uint64_t id = 1; id <= 8; ++id) {
    t.submit(id, std::string(90, static_cast<char>('a' + id)) + "count 9");
    if (id == 4) t.run();
  }
  t.step();
  const std::uint32_t n_begun = t.engine.status().n_running;
  t.run();
  for (std::uint64_t id = 1; id <= 8; ++id) EXPECT_EQ(t.records[id].text, "1 2 3 4 5 6 7 8 9") << id;
  return n_begun;
}

TEST(EnginePrefixes, MakesRoomForOneAfterTheOtherWhereThatTakesLong) {
  EXPECT_EQ(n_begun_at_once(std::chrono::milliseconds{1}), 4U);
  EXPECT_EQ(n_begun_at_once(std::chrono::milliseconds{15}), 1U);
}

}  // namespace
}  // namespace minerva::engine
