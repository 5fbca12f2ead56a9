// Where a sampler is ours, because it draws a random number or because the library's sorts a whole vocabulary, the library's
// own is the reference for what it leaves.

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

  // The last place that the library leaves when it only sets the logits of the others to minus infinity.
  void drop_impossible() {
    const auto end = std::remove_if(array_.data, array_.data + array_.size,
                                    [](const auto& candidate) { return std::isinf(candidate.logit); });
    array_.size = static_cast<std::size_t>(end - array_.data);
  }

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

// What our stage and the library's sampler leave of the same rows, whole ones and such that a filter shortened and sorted.
void expect_same(const wire::SamplingParams& params, llama_sampler* library) {
  const SamplerHandle theirs_only{library};
  const SamplerHandle shorten{llama_sampler_init_top_k(60)};
  const auto stages = make_stages(params, model());
  ASSERT_EQ(stages.size(), 1U);
  for (std::uint32_t seed = 0; seed < kRounds; ++seed) {
    Row ours{seed};
    Row theirs{seed};
    if (seed % 3 == 0) llama_sampler_apply(shorten.get(), &ours.array());
    if (seed % 3 == 0) llama_sampler_apply(shorten.get(), &theirs.array());
    stages.front()->apply(ours.array(), 0);
    llama_sampler_apply(theirs_only.get(), &theirs.array());
    theirs.drop_impossible();
    EXPECT_EQ(tokens_of(ours), tokens_of(theirs)) << "seed " << seed;
    EXPECT_LT(ours.array().size, kVocab);
  }
}

TEST(TopP, LeavesWhatTheLibraryLeaves) {
  for (const float mass : {0.0F, 0.3F, 0.9F, 0.99F}) {
    for (const std::uint32_t least : {0U, 1U, 7U}) {
      auto params = only("top_p");
      params.top_p = mass;
      params.min_keep = least;
      SCOPED_TRACE(testing::Message() << mass << " and at least " << least);
      expect_same(params, llama_sampler_init_top_p(mass, std::max(1U, least)));
    }
  }
}

TEST(Typical, LeavesWhatTheLibraryLeaves) {
  for (const float mass : {0.2F, 0.5F, 0.9F}) {
    for (const std::uint32_t least : {0U, 9U}) {
      auto params = only("typ_p");
      params.typical_p = mass;
      params.min_keep = least;
      SCOPED_TRACE(testing::Message() << mass << " and at least " << least);
      expect_same(params, llama_sampler_init_typical(mass, std::max(1U, least)));
    }
  }
}

TEST(TopNSigma, LeavesWhatTheLibraryLeaves) {
  for (const float n_sigma : {0.3F, 1.0F, 2.0F}) {
    auto params = only("top_n_sigma");
    params.top_n_sigma = n_sigma;
    expect_same(params, llama_sampler_init_top_n_sigma(n_sigma));
  }
}

// Equal ones: as many as are needed, and no more.
TEST(TopP, DividesEquals) {
  std::vector<llama_token_data> data;
  for (std::int32_t i = 0; i < 8; ++i) data.push_back({.id = i, .logit = 1.0F, .p = 0.0F});
  llama_token_data_array array{.data = data.data(), .size = 8, .selected = -1, .sorted = false};
  auto params = only("top_p");
  params.top_p = 0.3F;
  make_stages(params, model()).front()->apply(array, 0);
  ASSERT_EQ(array.size, 3U);
  EXPECT_EQ(array.data[2].id, 2);
}

TEST(Chain, DrawsTheSameFromAShortcutAsFromStagesOneByOne) {
  // Penalties and top-k on the row of logits, or, behind a filter that leaves everything, on candidates.
  std::mt19937 random{6};
  for (std::uint32_t round = 0; round < 200; ++round) {
    wire::SamplingParams shortcut;
    shortcut.repeat_penalty = 1.3F;
    shortcut.presence_penalty = 0.4F;
    shortcut.top_k = static_cast<std::int32_t>(1 + random() % 50);
    shortcut.seed = round;
    shortcut.logit_bias = {{.token = static_cast<Token>(random() % kVocab), .bias = 4.0F}};
    shortcut.samplers = {"penalties", "top_k", "top_p", "temperature"};
    auto plain = shortcut;
    plain.top_n_sigma = 1000.0F;
    plain.samplers.insert(plain.samplers.begin(), "top_n_sigma");
    auto first = *SamplerChain::make(shortcut, model(), false);
    auto second = *SamplerChain::make(plain, model(), false);
    std::vector<float> row;
    for (const auto& [token, logit] : Row{round}.logits()) row.push_back(logit);
    SamplerChain::Scratch scratch;
    for (std::uint32_t index = 0; index < 5; ++index) {
      const auto token = first.choose(row, index, scratch);
      ASSERT_TRUE(token);
      EXPECT_EQ(token, second.choose(row, index, scratch)) << "round " << round << ", token " << index;
      ASSERT_TRUE(first.accept(*token));
      ASSERT_TRUE(second.accept(*token));
    }
  }
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
  const auto logits = Row{1}.logits();
  const Token best =
      std::ranges::max_element(logits, {}, [](const auto& entry) { return entry.second; })->first;
  // Where in the row of probabilities the likeliest token stands is not said: one of these places is its.
  std::size_t n_first = 0;
  for (double unit = 0.0; unit < 1.0 && n_first == 0; unit += 0.02) {
    Row first{1};
    if (draw->draw(first.array(), unit) != best) continue;
    n_first = first.array().size;
    draw->accept(best);
  }
  ASSERT_GT(n_first, 0U);
  Row second{1};
  EXPECT_TRUE(draw->draw(second.array(), 0.5));
  EXPECT_GT(second.array().size, n_first);
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

TEST(AdaptiveP, DrawsOnlyWhereTheOrderLeavesItIn) {
  const auto draws_adaptively = [](std::vector<std::string> order) {
    wire::SamplingParams params;
    params.adaptive_target = 0.3F;
    params.samplers = std::move(order);
    Row row{2};
    EXPECT_TRUE(make_draw(params, kVocab)->draw(row.array(), 0.5));
    return row.logits() != Row{2}.logits();
  };
  EXPECT_TRUE(draws_adaptively({}));
  EXPECT_TRUE(draws_adaptively({"min_p", "adaptive_p"}));
  EXPECT_FALSE(draws_adaptively({"min_p", "temperature"}));
}

TEST(Stages, RefuseInfillOverMoreThanAFewCandidates) {
  const auto field = [](std::vector<std::string> order, std::int32_t top_k) {
    wire::SamplingParams params;
    params.samplers = std::move(order);
    params.top_k = top_k;
    const auto chain = SamplerChain::make(params, model(), false);
    return chain ? std::string{} : chain.error().field;
  };
  EXPECT_EQ(field({"top_k", "top_p", "infill"}, 40), "");
  EXPECT_EQ(field({"infill"}, 40), "samplers");
  EXPECT_EQ(field({"infill", "top_k"}, 40), "samplers");
  EXPECT_EQ(field({"top_k", "infill"}, 0), "samplers");
  EXPECT_EQ(field({"top_k", "infill"}, 1001), "samplers");
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
