#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>

#include "inference/chain_sampler.h"
#include "inference/penalties.h"

namespace minerva::inference {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

SamplingModel model_of(std::int32_t n_vocab) {
  return {.n_vocab = n_vocab, .n_context = 512, .end_tokens = {0}};
}

wire::SamplingParams greedy() {
  wire::SamplingParams params;
  params.temperature = 0.0F;
  return params;
}

std::vector<float> random_row(std::uint32_t seed, std::size_t n) {
  std::mt19937 random{seed};
  std::normal_distribution<float> logit{0.0F, 3.0F};
  std::vector<float> row(n);
  for (float& value : row) value = logit(random);
  return row;
}

Result<Token> choose(const wire::SamplingParams& params, std::span<const float> row, std::uint32_t index = 0,
                     bool ignore_eos = false) {
  auto chain = SamplerChain::make(params, model_of(static_cast<std::int32_t>(row.size())), ignore_eos);
  if (!chain) return std::unexpected(chain.error());
  SamplerChain::Scratch scratch;
  return chain->choose(row, index, scratch);
}

TEST(Argmax, TakesTheFirstOfTheLargest) {
  EXPECT_EQ(argmax(std::vector<float>{1, 5, 2, 5}), 1);
  EXPECT_EQ(argmax(std::vector<float>{-kInfinity, -3}), 1);
}

TEST(Argmax, RefusesRowsThatAreNotNumbers) {
  EXPECT_EQ(argmax(std::vector<float>{1, kNaN, 2}), -1);
  EXPECT_EQ(argmax(std::vector<float>{kNaN, 1}), -1);
  EXPECT_EQ(argmax(std::vector<float>{1, kInfinity}), -1);
  EXPECT_EQ(argmax(std::vector<float>{-kInfinity, -kInfinity}), -1);
  EXPECT_EQ(argmax(std::vector<float>{}), -1);
}

TEST(SamplerChain, IsGreedyWithoutTemperature) {
  const auto row = random_row(1, 1000);
  EXPECT_EQ(choose(greedy(), row), static_cast<Token>(std::ranges::max_element(row) - row.begin()));
}

TEST(SamplerChain, FailsOnARowThatIsNotANumber) {
  auto row = random_row(1, 100);
  row[50] = kNaN;
  for (const float temperature : {0.0F, 0.8F}) {
    wire::SamplingParams params;
    params.temperature = temperature;
    ASSERT_FALSE(choose(params, row));
    EXPECT_EQ(choose(params, row).error().code, ErrorCode::kSamplingFailed);
  }
}

TEST(SamplerChain, DrawsTheSameTokenForTheSameSeedAndIndex) {
  const auto row = random_row(2, 1000);
  wire::SamplingParams params;
  params.temperature = 1.5F;
  params.seed = 77;
  std::map<Token, int> drawn;
  for (std::uint32_t index = 0; index < 50; ++index) {
    const auto token = choose(params, row, index);
    ASSERT_TRUE(token);
    EXPECT_EQ(token, choose(params, row, index));
    ++drawn[*token];
  }
  EXPECT_GT(drawn.size(), 3U);
}

// A chain that draws all tokens itself, and others that take the first `n` over from it.
std::vector<Token> drawn(SamplerChain& chain, std::uint32_t from, std::uint32_t to) {
  constexpr std::size_t kVocabulary = 300;
  SamplerChain::Scratch scratch;
  std::vector<Token> tokens;
  for (std::uint32_t i = from; i < to; ++i) {
    tokens.push_back(chain.choose(random_row(i, kVocabulary), i, scratch).value_or(-1));
    EXPECT_TRUE(chain.accept(tokens.back()));
  }
  return tokens;
}

void expect_same_after_taking_over(const wire::SamplingParams& params) {
  constexpr std::uint32_t kTokens = 60;
  const auto fresh = [&] { return SamplerChain::make(params, model_of(300), false); };
  auto whole = fresh();
  ASSERT_TRUE(whole);
  const auto all = drawn(*whole, 0, kTokens);
  for (const std::uint32_t n : {0U, 1U, 7U, 30U, 59U}) {
    auto before = fresh();
    auto heir = fresh();
    for (const Token token : drawn(*before, 0, n)) ASSERT_TRUE(heir->accept(token));
    heir->remember(before->memory());
    const auto rest = drawn(*heir, n, kTokens);
    EXPECT_TRUE(std::ranges::equal(rest, std::span{all}.subspan(n))) << n;
  }
}

TEST(SamplerChain, GoesOnWhereAnotherEnded) {
  wire::SamplingParams params;
  params.temperature = 1.3F;
  params.seed = 5;
  expect_same_after_taking_over(params);
  params.repeat_penalty = 1.4F;
  params.presence_penalty = 0.7F;
  params.dry_multiplier = 0.8F;
  params.xtc_probability = 0.5F;
  expect_same_after_taking_over(params);
  params.mirostat = 1;
  expect_same_after_taking_over(params);
  params.mirostat = 2;
  expect_same_after_taking_over(params);
  params.mirostat = 0;
  params.adaptive_target = 0.3F;
  expect_same_after_taking_over(params);
}

// Without its memory it would not: the test above could not fail otherwise.
TEST(SamplerChain, NeedsItsMemoryToGoOnWithMirostat) {
  wire::SamplingParams params;
  params.temperature = 1.3F;
  params.mirostat = 2;
  auto whole = SamplerChain::make(params, model_of(300), false);
  ASSERT_TRUE(whole);
  const auto fresh = whole->memory();
  (void)drawn(*whole, 0, 30);
  EXPECT_NE(whole->memory(), fresh);
}

TEST(SamplerChain, DrawsByProbability) {
  wire::SamplingParams params;
  params.temperature = 1.0F;
  params.top_k = 0;
  params.top_p = 1.0F;
  params.min_p = 0.0F;
  const std::vector<float> row{std::log(0.7F), std::log(0.2F), std::log(0.1F)};
  std::array<int, 3> counts{};
  for (std::uint32_t index = 0; index < 10'000; ++index)
    ++counts[static_cast<std::size_t>(*choose(params, row, index))];
  EXPECT_NEAR(counts[0], 7000, 200);
  EXPECT_NEAR(counts[1], 2000, 200);
  EXPECT_NEAR(counts[2], 1000, 150);
}

TEST(SamplerChain, KeepsToTheTopK) {
  auto row = random_row(3, 500);
  wire::SamplingParams params;
  params.temperature = 5.0F;
  params.top_k = 3;
  params.top_p = 1.0F;
  params.min_p = 0.0F;
  auto sorted = row;
  std::ranges::sort(sorted, std::greater{});
  for (std::uint32_t index = 0; index < 200; ++index) {
    EXPECT_GE(row[static_cast<std::size_t>(*choose(params, row, index))], sorted[2]);
  }
}

TEST(SamplerChain, BiasesAndBans) {
  std::vector<float> row{9, 5, 4, 3};
  auto params = greedy();
  EXPECT_EQ(choose(params, row, 0, true), 1);  // token 0 ends generation here
  params.logit_bias = {{.token = 3, .bias = 20.0F}, {.token = 0, .bias = -kInfinity}};
  EXPECT_EQ(choose(params, row), 3);
}

TEST(SamplerChain, TakesTheFirstOfTheLargestWhateverIsBiased) {
  std::mt19937 random{11};
  for (int round = 0; round < 2000; ++round) {
    std::vector<float> row(6);
    for (float& logit : row) logit = static_cast<float>(random() % 4);
    auto params = greedy();
    std::vector<float> biased = row;
    for (auto n = random() % 4; n > 0; --n) {
      const auto token = random() % row.size();
      const float bias = random() % 3 == 0 ? -kInfinity : static_cast<float>(random() % 5) - 2.0F;
      params.logit_bias.push_back({.token = static_cast<Token>(token), .bias = bias});
      biased[token] += bias;
    }
    EXPECT_EQ(choose(params, row), std::ranges::max_element(biased) - biased.begin());
  }
}

TEST(SamplerChain, FailsWhenEveryTokenIsBanned) {
  auto params = greedy();
  params.logit_bias = {{.token = 0, .bias = -kInfinity}, {.token = 1, .bias = -kInfinity}};
  const auto token = choose(params, std::vector<float>{1, 2});
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().field, "logit_bias");
}

TEST(SamplerChain, NamesTheParameterThatIsOutOfRange) {
  const auto field = [](auto change) {
    wire::SamplingParams params;
    change(params);
    const auto chain = SamplerChain::make(params, model_of(10), false);
    return chain ? std::string{"none"} : chain.error().field;
  };
  EXPECT_EQ(field([](auto&) {}), "none");
  EXPECT_EQ(field([](auto& p) { p.temperature = kNaN; }), "temperature");
  EXPECT_EQ(field([](auto& p) { p.top_p = 1.5F; }), "top_p");
  EXPECT_EQ(field([](auto& p) { p.min_p = -0.1F; }), "min_p");
  EXPECT_EQ(field([](auto& p) { p.typical_p = 2.0F; }), "typical_p");
  EXPECT_EQ(field([](auto& p) { p.repeat_penalty = 0.0F; }), "repeat_penalty");
  EXPECT_EQ(field([](auto& p) { p.frequency_penalty = kInfinity; }), "frequency_penalty");
  EXPECT_EQ(field([](auto& p) { p.presence_penalty = kNaN; }), "presence_penalty");
  EXPECT_EQ(field([](auto& p) { p.logit_bias = {{.token = 10, .bias = 1.0F}}; }), "logit_bias");
}

// The library's own sampler over the whole vocabulary is the reference.
TEST(Penalties, ChangeLogitsAsTheLibraryDoes) {
  std::mt19937 random{5};
  for (int round = 0; round < 50; ++round) {
    wire::SamplingParams params;
    params.repeat_last_n = static_cast<std::int32_t>(1 + random() % 20);
    params.repeat_penalty = 0.8F + static_cast<float>(random() % 8) / 10.0F;
    params.frequency_penalty = static_cast<float>(random() % 5) / 4.0F;
    params.presence_penalty = static_cast<float>(random() % 5) / 4.0F - 0.5F;
    constexpr std::int32_t kVocab = 12;
    Penalties ours{params, 512};
    const SamplerHandle theirs{llama_sampler_init_penalties(kVocab, params.repeat_last_n,
                                                            params.repeat_penalty, params.frequency_penalty,
                                                            params.presence_penalty)};
    for (int i = 0; i < 40; ++i) {
      const auto token = static_cast<Token>(random() % kVocab);
      ours.accept(token);
      llama_sampler_accept(theirs.get(), token);
    }
    auto row = random_row(static_cast<std::uint32_t>(round), kVocab);
    std::vector<llama_token_data> data;
    for (std::int32_t i = 0; i < kVocab; ++i)
      data.push_back({.id = i, .logit = row[static_cast<std::size_t>(i)], .p = 0.0F});
    llama_token_data_array array{.data = data.data(), .size = data.size(), .selected = -1, .sorted = false};
    llama_sampler_apply(theirs.get(), &array);
    for (const auto& [token, count] : ours.counts())
      row[static_cast<std::size_t>(token)] = ours.apply(row[static_cast<std::size_t>(token)], count);
    for (std::int32_t i = 0; i < kVocab; ++i)
      EXPECT_FLOAT_EQ(row[static_cast<std::size_t>(i)], data[static_cast<std::size_t>(i)].logit)
          << "round " << round;
  }
}

TEST(Penalties, AreOffByDefault) { EXPECT_FALSE((Penalties{wire::SamplingParams{}, 512}.active())); }

TEST(SamplerChain, LooksBackOnWhatItAccepted) {
  auto params = greedy();
  params.presence_penalty = 10.0F;
  auto chain = SamplerChain::make(params, model_of(3), false);
  SamplerChain::Scratch scratch;
  const std::vector<float> row{3, 2, 1};
  std::vector<Token> order;
  for (std::uint32_t i = 0; i < 3; ++i) {
    order.push_back(*chain->choose(row, i, scratch));
    ASSERT_TRUE(chain->accept(order.back()));
  }
  EXPECT_EQ(order, (std::vector<Token>{0, 1, 2}));
}

}  // namespace
}  // namespace minerva::inference
