#include "worker/prompt_memo.h"

#include <gtest/gtest.h>

#include <string>

namespace minerva::worker {
namespace {

wire::PromptText prompt(std::string text, wire::Origin origin = wire::Origin::kMessage) {
  const auto n_bytes = static_cast<std::uint32_t>(text.size());
  return {.text = std::move(text), .spans = {{.n_bytes = n_bytes, .origin = origin}}};
}

struct PromptMemoTest : testing::Test {
  PromptMemo memo;
  int n_asked = 0;

  PromptMemo::Tokens tokens_of(wire::PromptText text) {
    return memo.tokens_of(std::move(text), [this](const wire::PromptText& asked) -> PromptMemo::Tokens {
      ++n_asked;
      if (asked.text == "bad") return fail(ErrorCode::kTokenizationFailed, "no");
      return std::vector<wire::Token>{static_cast<wire::Token>(asked.text.size()), n_asked};
    });
  }
};

TEST_F(PromptMemoTest, AsksOnceForAPromptThatComesAgainAtOnce) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(tokens_of(prompt("Hello")), (std::vector<wire::Token>{5, 1}));
  EXPECT_EQ(n_asked, 1);
}

TEST_F(PromptMemoTest, AsksForEveryOtherPrompt) {
  EXPECT_EQ(tokens_of(prompt("")), (std::vector<wire::Token>{0, 1}));
  EXPECT_EQ(tokens_of(prompt("Hello")), (std::vector<wire::Token>{5, 2}));
  // The same text as the template's own may have control tokens.
  EXPECT_EQ(tokens_of(prompt("Hello", wire::Origin::kTemplate)), (std::vector<wire::Token>{5, 3}));
  EXPECT_EQ(tokens_of(prompt("Hello")), (std::vector<wire::Token>{5, 4}));
}

TEST_F(PromptMemoTest, RemembersAFailureToo) {
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(tokens_of(prompt("bad")).error().code, ErrorCode::kTokenizationFailed);
  EXPECT_EQ(n_asked, 1);
}

}  // namespace
}  // namespace minerva::worker
