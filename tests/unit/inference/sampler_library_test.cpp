// Where a sampler is ours because it draws a random number, the library's own is the reference for what it leaves.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <vector>

#include "inference/chain_sampler.h"
#include "inference/llama_handles.h"

namespace minerva::inference {
namespace {

constexpr std::int32_t kVocab = 400;
constexpr int kRounds = 30;

class Row {
 public:
  explicit Row(std::uint32_t seed) {
    std::mt19937 random{seed};
    std::normal_distribution<float> logit{0.0F, 3.0F};
    for (std::int32_t i = 0; i < kVocab; ++i) data_.push_back({.id = i, .logit = logit(random), .p = 0.0F});
    array_ = {.data = data_.data(), .size = data_.size(), .selected = -1, .sorted = false};
  }
  Row(const Row&) = delete;
  Row& operator=(const Row&) = delete;

  [[nodiscard]] llama_token_data_array& array() { return array_; }

  [[nodiscard]] std::map<Token, float> logits() const {
    std::map<Token, float> by_token;
    for (std::size_t i = 0; i < array_.size; ++i) by_token[array_.data[i].id] = array_.data[i].logit;
    return by_token;
  }

 private:
  std::vector<llama_token_data> data_;
  llama_token_data_array array_{};
};

std::vector<Token> tokens_of(const Row& row) {
  std::vector<Token> tokens;
  for (const auto& [token, logit] : row.logits()) tokens.push_back(token);
  return tokens;
}

SamplingModel model() { return {.n_vocab = kVocab, .n_context = 512}; }

wire::SamplingParams only(std::string name) {
  wire::SamplingParams params;
  params.samplers = {std::move(name)};
  return params;
}

TEST(Xtc, LeavesWhatTheLibraryLeaves) {
  int n_cut = 0;
  for (std::uint32_t seed = 0; seed < kRounds; ++seed) {
    auto params = only("xtc");
    params.xtc_probability = 1.0F;
    params.xtc_threshold = 0.05F;
    Row ours{seed};
    Row theirs{seed};
    for (const auto& stage : make_stages(params, model())) stage->apply(ours.array(), 3);
    const SamplerHandle library{llama_sampler_init_xtc(1.0F, 0.05F, 0, 1)};
    llama_sampler_apply(library.get(), &theirs.array());
    EXPECT_EQ(tokens_of(ours), tokens_of(theirs)) << seed;
    n_cut += ours.array().size < kVocab ? 1 : 0;
  }
  EXPECT_GT(n_cut, kRounds / 2);
}

TEST(Xtc, CutsAsOftenAsItsProbabilitySaysAndTheSameEachTime) {
  auto params = only("xtc");
  params.xtc_probability = 0.3F;
  params.xtc_threshold = 0.01F;
  params.seed = 5;
  const auto stages = make_stages(params, model());
  int n_cut = 0;
  for (std::uint32_t index = 0; index < 2000; ++index) {
    Row row{1};
    Row again{1};
    stages.front()->apply(row.array(), index);
    stages.front()->apply(again.array(), index);
    EXPECT_EQ(row.array().size, again.array().size);
    n_cut += row.array().size < kVocab ? 1 : 0;
  }
  EXPECT_NEAR(n_cut, 600, 90);
}

TEST(Mirostat, LeavesWhatTheLibraryLeaves) {
  for (const int version : {1, 2}) {
    for (std::uint32_t seed = 0; seed < kRounds; ++seed) {
      wire::SamplingParams params;
      params.mirostat = version;
      params.mirostat_tau = 2.5F;
      Row ours{seed};
      Row theirs{seed};
      const auto draw = make_draw(params, kVocab);
      const SamplerHandle library{version == 1 ? llama_sampler_init_mirostat(kVocab, 1, 2.5F, 0.1F, 100)
                                               : llama_sampler_init_mirostat_v2(1, 2.5F, 0.1F)};
      EXPECT_TRUE(draw->draw(ours.array(), 0.5));
      llama_sampler_apply(library.get(), &theirs.array());
      EXPECT_EQ(tokens_of(ours), tokens_of(theirs)) << "version " << version << " seed " << seed;
      EXPECT_LT(ours.array().size, kVocab);
    }
  }
}

TEST(Mirostat, LetsMoreInAfterTokensThatDidNotSurprise) {
  wire::SamplingParams params;
  params.mirostat = 2;
  params.mirostat_tau = 2.0F;
  params.mirostat_eta = 3.0F;
  const auto draw = make_draw(params, kVocab);
  Row first{1};
  const auto token = draw->draw(first.array(), 0.0);  // the likeliest
  ASSERT_TRUE(token);
  draw->accept(*token);
  Row second{1};
  EXPECT_TRUE(draw->draw(second.array(), 0.0));
  EXPECT_GT(second.array().size, first.array().size);
}

TEST(AdaptiveP, BendsLogitsAsTheLibraryDoes) {
  for (std::uint32_t seed = 0; seed < kRounds; ++seed) {
    wire::SamplingParams params;
    params.adaptive_target = 0.3F;
    params.adaptive_decay = 0.8F;
    Row ours{seed};
    Row theirs{seed};
    const auto draw = make_draw(params, kVocab);
    const SamplerHandle library{llama_sampler_init_adaptive_p(0.3F, 0.8F, 1)};
    EXPECT_TRUE(draw->draw(ours.array(), 0.5));
    llama_sampler_apply(library.get(), &theirs.array());
    const auto expected = theirs.logits();
    for (const auto& [token, logit] : ours.logits()) EXPECT_NEAR(logit, expected.at(token), 1e-3) << seed;
  }
}

TEST(Stages, KeepTheOrderThatIsAskedFor) {
  // A high temperature before top-p makes the row flat, so that more of it is needed for the same share.
  const auto n_left = [](std::vector<std::string> order) {
    wire::SamplingParams params;
    params.temperature = 5.0F;
    params.top_p = 0.5F;
    params.samplers = std::move(order);
    Row row{4};
    for (const auto& stage : make_stages(params, model())) stage->apply(row.array(), 0);
    return row.array().size;
  };
  EXPECT_GT(n_left({"temperature", "top_p"}), 2 * n_left({"top_p", "temperature"}));
}

TEST(Stages, RefuseANameTheyDoNotKnow) {
  const auto chain = SamplerChain::make(only("top_q"), model(), false);
  ASSERT_FALSE(chain);
  EXPECT_EQ(chain.error().field, "samplers");
  EXPECT_TRUE(chain.error().message.contains("top_n_sigma")) << chain.error().message;
}

TEST(Stages, PenalizeAlsoAfterAFilter) {
  wire::SamplingParams params;
  params.presence_penalty = 100.0F;
  params.samplers = {"top_k", "penalties"};
  params.top_k = 2;
  auto stages = make_stages(params, model());
  Row plain{9};
  stages.front()->apply(plain.array(), 0);
  const auto kept = tokens_of(plain);
  ASSERT_EQ(kept.size(), 2U);
  for (const auto& stage : stages) stage->accept(kept.front());
  Row row{9};
  for (const auto& stage : stages) stage->apply(row.array(), 0);
  const auto logits = row.logits();
  EXPECT_LT(logits.at(kept.front()), logits.at(kept.back()) - 50.0F);
}

}  // namespace
}  // namespace minerva::inference
