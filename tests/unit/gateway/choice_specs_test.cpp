#include "gateway/choice_specs.h"

#include <gtest/gtest.h>

#include <set>

namespace minerva::gateway {
namespace {

GenerationRequest request_for(std::uint32_t n_choices) {
  GenerationRequest request;
  request.prompt = {.text = "Hello", .spans = {{.n_bytes = 5}}};
  request.sampling.seed = 42;
  request.max_tokens = 7;
  request.stop = {"x"};
  request.ignore_eos = true;
  request.n_choices = n_choices;
  return request;
}

TEST(ChoiceSpecs, OneChoiceIsTheRequestItself) {
  const auto specs = choice_specs(request_for(1), 9);
  ASSERT_EQ(specs.size(), 1U);
  EXPECT_EQ(specs[0].id, 9U);
  EXPECT_EQ(specs[0].sampling.seed, 42U);
  EXPECT_EQ(specs[0].prompt.text, "Hello");
}

TEST(ChoiceSpecs, DifferInIdAndSeedAlone) {
  const auto specs = choice_specs(request_for(3), 9);
  ASSERT_EQ(specs.size(), 3U);
  for (std::uint32_t choice = 0; choice < 3; ++choice) {
    EXPECT_EQ(specs[choice].id, 9U + choice);
    EXPECT_EQ(specs[choice].sampling.seed, choice_seed(42, choice));
    EXPECT_EQ(specs[choice].prompt.text, "Hello");
    EXPECT_EQ(specs[choice].prompt.spans.size(), 1U);
    EXPECT_EQ(specs[choice].max_tokens, 7U);
    EXPECT_EQ(specs[choice].stop, std::vector<std::string>{"x"});
    EXPECT_TRUE(specs[choice].ignore_eos);
  }
  EXPECT_EQ(specs[0].sampling.seed, 42U);
}

TEST(ChoiceSeed, IsOneOfItsOwnForEveryChoiceOfSeedsBesideEachOther) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    for (std::uint32_t choice = 0; choice < 128; ++choice) seen.insert(choice_seed(seed, choice));
  }
  EXPECT_EQ(seen.size(), 200U * 128U);
}

// A client that keeps its seed gets its texts again from a later version too.
TEST(ChoiceSeed, StaysWhatItWas) {
  EXPECT_EQ(choice_seed(0, 0), 0U);
  EXPECT_EQ(choice_seed(7, 1), 0x27E8AC81E7BC3B89U);
  EXPECT_EQ(choice_seed(7, 2), 0xDFD64551E2E186EBU);
}

}  // namespace
}  // namespace minerva::gateway
