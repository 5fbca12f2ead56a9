#include "gateway/placement_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/temporary_folder.h"

namespace minerva::gateway {
namespace {

namespace fs = std::filesystem;
using wire::DeviceMargin;

constexpr std::uint64_t kMebibyte = 1024ULL * 1024;

class PlacementMemoryTest : public testing::Test {
 protected:
  [[nodiscard]] fs::path file() const { return folder_.path() / "cache" / "placements.json"; }
  [[nodiscard]] wire::LoadOptions options() const {
    wire::LoadOptions options;
    options.model_path = folder_.path() / "model.gguf";
    return options;
  }
  void SetUp() override { std::ofstream{options().model_path} << "GGUF"; }

  static wire::ModelCard card(std::uint32_t rung, std::vector<DeviceMargin> beyond = {}) {
    wire::ModelCard card;
    card.rung = rung;
    card.beyond_plan = std::move(beyond);
    return card;
  }

  support::TemporaryFolder folder_;
};

TEST_F(PlacementMemoryTest, OutlivesTheServer) {
  PlacementMemory{file()}.note_load(options(),
                                    card(4, {{.device = "CUDA A GPU", .n_bytes = 300 * kMebibyte}}), 17);
  const PlacementMemory next{file()};
  EXPECT_THAT(next.margins(),
              testing::ElementsAre(DeviceMargin{.device = "CUDA A GPU", .n_bytes = 300 * kMebibyte}));
  ASSERT_TRUE(next.fall(options()));
  EXPECT_EQ(next.fall(options())->rung, 4U);
  EXPECT_EQ(next.fall(options())->at_s, 17);
}

TEST_F(PlacementMemoryTest, KeepsTheLargestMarginWithinItsBound) {
  PlacementMemory memory{file()};
  memory.note_load(options(), card(0, {{.device = "A", .n_bytes = 9 * kMebibyte}}), 1);
  memory.note_load(options(), card(0, {{.device = "A", .n_bytes = 5 * kMebibyte}}), 2);
  EXPECT_EQ(memory.margins().front().n_bytes, 9 * kMebibyte);
  memory.note_load(options(), card(0, {{.device = "A", .n_bytes = 99'000 * kMebibyte}}), 3);
  EXPECT_EQ(memory.margins().front().n_bytes, PlacementMemory::kMostMargin);
}

TEST_F(PlacementMemoryTest, ForgetsAFallThatIsOver) {
  PlacementMemory memory{file()};
  memory.note_load(options(), card(4), 1);
  memory.note_load(options(), card(0), 2);
  EXPECT_FALSE(memory.fall(options()));
  memory.note_load(options(), card(4), 3);
  memory.forget_fall(options());
  EXPECT_FALSE(PlacementMemory{file()}.fall(options()));
}

TEST_F(PlacementMemoryTest, AFallIsOfOneFileWithTheSameOptions) {
  PlacementMemory memory{file()};
  memory.note_load(options(), card(4), 1);
  auto same = options();
  same.rung = 4;
  same.n_ctx_least = 100;
  same.margins = {{.device = "A", .n_bytes = 1}};
  EXPECT_TRUE(memory.fall(same)) << "what the gateway sets itself is no other question";
  auto other = options();
  other.n_ctx = 4096;
  EXPECT_FALSE(memory.fall(other));
  std::ofstream{options().model_path} << "GGUF, and more of it";
  EXPECT_FALSE(memory.fall(options()));
}

TEST_F(PlacementMemoryTest, ABrokenFileIsReplaced) {
  fs::create_directories(file().parent_path());
  for (const char* text :
       {"", "{", "[]", R"({"version":2,"falls":[]})", R"({"version":1,"falls":7})", "\xff\xfe"}) {
    std::ofstream{file()} << text;
    PlacementMemory memory{file()};
    EXPECT_TRUE(memory.margins().empty()) << text;
    EXPECT_FALSE(memory.fall(options())) << text;
    memory.note_load(options(), card(4), 1);
    EXPECT_TRUE(PlacementMemory{file()}.fall(options())) << text;
  }
}

TEST_F(PlacementMemoryTest, WhatCannotBeWrittenIsKnownUntilTheEnd) {
  std::ofstream{folder_.path() / "cache"} << "a file where the folder should be";
  PlacementMemory memory{file()};
  memory.note_load(options(), card(4), 1);
  EXPECT_TRUE(memory.fall(options()));
  EXPECT_FALSE(PlacementMemory{file()}.fall(options()));
}

TEST_F(PlacementMemoryTest, WithoutAFileItLastsAsLongAsTheObject) {
  PlacementMemory memory;
  memory.note_load(options(), card(4), 1);
  EXPECT_TRUE(memory.fall(options()));
}

}  // namespace
}  // namespace minerva::gateway
