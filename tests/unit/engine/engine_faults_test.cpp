#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/engine.h"
#include "engine_fixture.h"

namespace minerva::engine {
namespace {

using inference::BatchToken;
using support::ScriptedOptions;
using Fault = ScriptedOptions::Fault;

const Error kBroken{.code = ErrorCode::kInternal, .message = "scripted", .field = {}};

TEST(EngineFaults, GoOnAfterABatchThatFailedOnce) {
  ScriptedOptions options;
  options.fault = [](std::uint64_t n, std::span<const BatchToken>) {
    return n == 4 ? Fault{.error = kBroken} : Fault{};
  };
  EngineFixture t{options};
  for (std::uint64_t id = 1; id <= 3; ++id) t.submit(id, "count 9");
  t.run();
  for (std::uint64_t id = 1; id <= 3; ++id) EXPECT_EQ(t.records[id].text, "1 2 3 4 5 6 7 8 9") << id;
}

TEST(EngineFaults, EndTheSequenceThatBreaksEveryBatchAndNoOther) {
  ScriptedOptions options;
  // The second slot is broken.
  options.fault = [](std::uint64_t, std::span<const BatchToken> batch) {
    const bool hit =
        std::ranges::any_of(batch, [](const BatchToken& token) { return token.slot.value == 1; });
    return hit ? Fault{.error = kBroken} : Fault{};
  };
  EngineFixture t{options};
  for (std::uint64_t id = 1; id <= 4; ++id) t.submit(id, "count 9");
  t.run();
  int n_failed = 0;
  for (auto& [id, record] : t.records) {
    if (record.error) {
      ++n_failed;
      EXPECT_EQ(*record.error, kBroken);
    } else {
      EXPECT_EQ(record.text, "1 2 3 4 5 6 7 8 9") << id;
    }
  }
  EXPECT_EQ(n_failed, 1);
}

TEST(EngineFaults, RetryALoneSequenceInSmallerBatches) {
  ScriptedOptions options;
  options.fault = [](std::uint64_t, std::span<const BatchToken> batch) {
    return batch.size() > 20 ? Fault{.error = kBroken} : Fault{};
  };
  EngineFixture t{options};
  t.submit(1, std::string(100, 'x') + "count 3");
  t.run();
  EXPECT_EQ(t.records[1].text, "1 2 3");
}

TEST(EngineFaults, EndALoneSequenceThatFailsAgain) {
  ScriptedOptions options;
  options.fault = [](std::uint64_t, std::span<const BatchToken>) { return Fault{.error = kBroken}; };
  EngineFixture t{options};
  t.submit(1, "count 3");
  t.run();
  EXPECT_EQ(t.records[1].error, kBroken);
  EXPECT_EQ(t.backend.cells_used(), 0U);
}

TEST(EngineFaults, GiveUpCachedPrefixesWhenKvRunsOut) {
  EngineFixture t{{.n_parallel = 4, .kv_cells = 60}};
  for (std::uint64_t id = 1; id <= 6; ++id) {
    t.submit(id, std::string(30, static_cast<char>('a' + id)) + "count 4");
    t.run();
    EXPECT_EQ(t.records[id].text, "1 2 3 4") << id;
  }
  EXPECT_EQ(t.engine.status().kv_cells_used, t.backend.cells_used());
}

TEST(EngineFaults, TakeSmallerBatchesWhenOneFindsNoMemorySlot) {
  ScriptedOptions options;
  options.fault = [](std::uint64_t, std::span<const BatchToken> batch) {
    return Fault{.error = {}, .no_memory_slot = batch.size() > 2};
  };
  EngineFixture t{options};
  for (std::uint64_t id = 1; id <= 4; ++id) t.submit(id, "count 5");
  t.run();
  for (std::uint64_t id = 1; id <= 4; ++id) EXPECT_EQ(t.records[id].text, "1 2 3 4 5") << id;
}

TEST(EngineFaults, EndNoSequenceWhenKvIsTooSmallForAllAtOnce) {
  EngineFixture t{{.n_parallel = 2, .kv_cells = 40}};
  t.submit(1, std::string(12, 'x') + "count 15");
  t.submit(2, std::string(12, 'y') + "count 15");
  t.run();
  for (const auto& [id, record] : t.records)
    EXPECT_EQ(record.text, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15") << id;
  EXPECT_EQ(t.records.size(), 2U);
}

TEST(EngineFaults, EndTheSequenceForWhichAloneKvIsTooSmall) {
  EngineFixture t{{.n_parallel = 2, .kv_cells = 40}};
  t.submit(1, std::string(32, 'x') + "count 15");
  t.run();
  ASSERT_TRUE(t.records[1].error);
  EXPECT_EQ(t.records[1].error->code, ErrorCode::kOutOfMemory);
  EXPECT_THAT(t.records[1].error->message, testing::HasSubstr("--ctx-size"));
}

TEST(EngineFaults, EndTheSequenceWhoseSamplingFailsAndNoOther) {
  ScriptedOptions options;
  options.sampling_fails = [](std::string_view text) {
    return text.contains("poison") && text.ends_with("2");
  };
  EngineFixture t{options};
  t.submit(1, "poison count 5");
  t.submit(2, "count 5");
  t.run();
  EXPECT_EQ(t.records[1].error->code, ErrorCode::kSamplingFailed);
  EXPECT_EQ(t.records[1].text, "1 2");
  EXPECT_EQ(t.records[2].text, "1 2 3 4 5");
}

}  // namespace
}  // namespace minerva::engine
