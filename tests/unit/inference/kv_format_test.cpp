#include "inference/kv_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace minerva::inference {
namespace {

using testing::HasSubstr;
using wire::FlashAttention;

const std::vector<std::string> kMultipliesBf16{"AVX2", "AVX512_BF16"};

// A model of 150 MB with 16 heads and 2048 tokens a sequence, on a CPU that multiplies 16-bit floats.
KvQuestion question() {
  return {.model_file = Bytes{150 * kMiB.value},
          .n_head = 16,
          .n_cells = 2048,
          .on_cpu_alone = true,
          .cpu_features = kMultipliesBf16};
}

wire::LoadOptions asks(FlashAttention flash_attention, std::string type_k, std::string type_v) {
  wire::LoadOptions options;
  options.flash_attention = flash_attention;
  options.cache_type_k = std::move(type_k);
  options.cache_type_v = std::move(type_v);
  return options;
}

FlashAttention flash_attention_for(const KvQuestion& question) {
  return choose_kv_format({}, question)->flash_attention;
}

TEST(KvFormat, IsPlainBf16WhereTheCpuMultipliesIt) {
  const auto format = choose_kv_format({}, question());
  ASSERT_TRUE(format);
  EXPECT_EQ(format->flash_attention, FlashAttention::kOff);
  EXPECT_EQ(format->type_k, "bf16");
  EXPECT_EQ(format->type_v, "bf16");
}

TEST(KvFormat, IsTheLibrarysChoiceElsewhere) {
  KvQuestion without_bf16 = question();
  without_bf16.cpu_features = {};
  EXPECT_EQ(flash_attention_for(without_bf16), FlashAttention::kAuto);
  EXPECT_EQ(choose_kv_format({}, without_bf16)->type_k, "f16");

  KvQuestion with_gpu = question();
  with_gpu.on_cpu_alone = false;
  EXPECT_EQ(flash_attention_for(with_gpu), FlashAttention::kAuto);

  KvQuestion small = question();
  small.model_file = Bytes{14 * kMiB.value};
  EXPECT_EQ(flash_attention_for(small), FlashAttention::kAuto);

  KvQuestion without_heads = question();  // a recurrent model
  without_heads.n_head = 0;
  EXPECT_EQ(flash_attention_for(without_heads), FlashAttention::kAuto);
}

TEST(KvFormat, IsTheLibrarysChoiceWhereScoresWouldBeTooMany) {
  KvQuestion most = question();
  most.n_cells = 32'768;  // 32768 cells, 16 heads, 128 tokens of four bytes: 256 MiB
  EXPECT_EQ(flash_attention_for(most), FlashAttention::kOff);
  most.n_cells += 256;
  EXPECT_EQ(flash_attention_for(most), FlashAttention::kAuto);
}

TEST(KvFormat, IsWhatWasAskedFor) {
  const auto flash = choose_kv_format(asks(FlashAttention::kOn, "", ""), question());
  EXPECT_EQ(flash->flash_attention, FlashAttention::kOn);
  EXPECT_EQ(flash->type_k, "f16");

  const auto quantized = choose_kv_format(asks(FlashAttention::kAuto, "q8_0", "q4_0"), question());
  EXPECT_EQ(quantized->flash_attention, FlashAttention::kAuto);
  EXPECT_EQ(quantized->type_k, "q8_0");
  EXPECT_EQ(quantized->type_v, "q4_0");
}

TEST(KvFormat, RefusesQuantizedValuesWithoutFlashAttention) {
  const auto format = choose_kv_format(asks(FlashAttention::kOff, "", "q8_0"), question());
  ASSERT_FALSE(format);
  EXPECT_EQ(format.error().code, ErrorCode::kInvalidConfiguration);
  EXPECT_EQ(format.error().field, "cache-type-v");
  EXPECT_TRUE(choose_kv_format(asks(FlashAttention::kOff, "q8_0", ""), question()));
}

TEST(KvFormat, RefusesTypesThatNoContextCanHave) {
  const auto format = choose_kv_format(asks(FlashAttention::kAuto, "q4_K", ""), question());
  ASSERT_FALSE(format);
  EXPECT_THAT(format.error().message, HasSubstr("q4_K"));
}

TEST(KvFormat, EveryNameIsTheLibrarysOwn) {
  for (const std::string_view name : wire::kKvTypes) {
    ASSERT_TRUE(kv_type(name)) << name;
    EXPECT_EQ(ggml_type_name(*kv_type(name)), name);
  }
}

TEST(KvFormat, KnowsTheSizeOfACell) {
  EXPECT_DOUBLE_EQ((KvFormat{.type_k = "f16", .type_v = "bf16"}.relative_size()), 1.0);
  EXPECT_DOUBLE_EQ((KvFormat{.type_k = "f32", .type_v = "f32"}.relative_size()), 2.0);
  // Blocks of 32 numbers in 34 bytes.
  EXPECT_DOUBLE_EQ((KvFormat{.type_k = "q8_0", .type_v = "q8_0"}.relative_size()), 34.0 / 64.0);
}

TEST(KvFormat, CountsScoresOfPlainAttentionOnly) {
  EXPECT_EQ(score_bytes({.flash_attention = FlashAttention::kOff}, question()).value, 4ULL * 128 * 16 * 2048);
  EXPECT_EQ(score_bytes({.flash_attention = FlashAttention::kAuto}, question()).value, 0U);
}

}  // namespace
}  // namespace minerva::inference
