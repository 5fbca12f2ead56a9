// On the small model's vocabulary; what its tokens are stands in tiny_model.cpp.

#include "inference/grammar.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "inference/chain_sampler.h"
#include "inference/llama_log.h"
#include "support/temporary_folder.h"
#include "tiny_model.h"

namespace minerva::inference {
namespace {

using wire::Token;
using wire::TriggerKind;

// "<tool_call>" and then digits.
constexpr const char* kCall = R"(root ::= "<tool_call>" [0-9]+)";

class GrammarTest : public testing::Test {
 protected:
  void SetUp() override {
    log::configure(log::Level::kOff, "");
    install_llama_log();
    write_tiny_model(folder_ / "tiny.gguf", {.vocabulary = VocabularyKind::kBytePair});
    auto params = llama_model_default_params();
    params.vocab_only = true;
    model_.reset(llama_model_load_from_file((folder_ / "tiny.gguf").c_str(), params));
    ASSERT_TRUE(model_);
    vocab_ = llama_model_get_vocab(model_.get());
  }

  // Control tokens are recognised.
  std::vector<Token> tokens_of(const std::string& text) const {
    std::vector<Token> tokens(text.size() + 2);
    const std::int32_t n =
        llama_tokenize(vocab_, text.data(), static_cast<std::int32_t>(text.size()), tokens.data(),
                       static_cast<std::int32_t>(tokens.size()), false, true);
    tokens.resize(static_cast<std::size_t>(std::max(0, n)));
    return tokens;
  }
  Token token_of(const std::string& text) const {
    const auto tokens = tokens_of(text);
    EXPECT_EQ(tokens.size(), 1U) << text;
    return tokens.front();
  }

  Grammar lazy(std::vector<wire::GrammarTrigger> triggers, const char* gbnf = kCall) const {
    auto grammar = Grammar::make_lazy(vocab_, gbnf, triggers);
    EXPECT_TRUE(grammar) << to_string(grammar.error());
    return std::move(*grammar);
  }
  Error error_of(std::vector<wire::GrammarTrigger> triggers, const char* gbnf = kCall) const {
    auto grammar = Grammar::make_lazy(vocab_, gbnf, triggers);
    if (!grammar) return grammar.error();
    ADD_FAILURE() << "it was made";
    return {};
  }
  void say(Grammar& grammar, const std::string& text) const {
    for (const Token token : tokens_of(text)) EXPECT_TRUE(grammar.accept(token)) << text;
  }
  // Whether only digits may come.
  bool holds(Grammar& grammar) const {
    return grammar.allows(token_of("7")) && !grammar.allows(token_of("x"));
  }

  support::TemporaryFolder folder_;
  ModelHandle model_;
  const llama_vocab* vocab_ = nullptr;
};

TEST_F(GrammarTest, HoldsFromTheFirstTokenOn) {
  auto grammar = Grammar::make(vocab_, "root ::= [0-9]+");
  ASSERT_TRUE(grammar);
  EXPECT_TRUE(holds(*grammar));
}

TEST_F(GrammarTest, AllowsEverythingUntilATriggerComes) {
  for (const auto& trigger : std::vector<wire::GrammarTrigger>{
           {.kind = TriggerKind::kWord, .value = "<tool_call>"},
           {.kind = TriggerKind::kToken, .value = "<tool_call>"},
           {.kind = TriggerKind::kToken, .token = token_of("<tool_call>")},
           {.kind = TriggerKind::kPattern, .value = "hello[^<]*(<tool_call>)"},
           {.kind = TriggerKind::kPatternFull, .value = "[\\s\\S]*?(<tool_call>)"}}) {
    SCOPED_TRACE(trigger.value);
    Grammar grammar = lazy({trigger});
    say(grammar, "hello 7 x");
    EXPECT_TRUE(grammar.allows(token_of("7")));
    EXPECT_TRUE(grammar.allows(token_of("x")));
    say(grammar, "<tool_call>");
    EXPECT_TRUE(holds(grammar));
    say(grammar, "42");
    EXPECT_TRUE(holds(grammar));
  }
}

TEST_F(GrammarTest, BeginsInTheMiddleOfAToken) {
  ASSERT_EQ(tokens_of("hello").size(), 1U);
  for (const char* pattern : {"(llo)", "he(l+o)"}) {
    Grammar grammar = lazy({{.kind = TriggerKind::kPattern, .value = pattern}}, R"(root ::= "llo" [0-9]+)");
    say(grammar, "x");
    say(grammar, "hello");
    EXPECT_TRUE(holds(grammar)) << pattern;
  }
}

TEST_F(GrammarTest, BeginsInATokenBeforeTheOneThatCompletesTheTrigger) {
  Grammar grammar =
      lazy({{.kind = TriggerKind::kWord, .value = "lo, tool:"}}, R"(root ::= "lo, tool:" [0-9]+)");
  say(grammar, "hello, tool");
  EXPECT_TRUE(grammar.allows(token_of("x")));
  say(grammar, ":");
  EXPECT_TRUE(holds(grammar));
}

TEST_F(GrammarTest, TakesAControlTokenForAWordButNotItsSpelling) {
  Grammar grammar = lazy({{.kind = TriggerKind::kWord, .value = "<tool_call>"}});
  for (const char letter : std::string{"<tool_call>"}) say(grammar, std::string(1, letter));
  EXPECT_TRUE(grammar.allows(token_of("x")));
}

TEST_F(GrammarTest, LetsTheFirstOfSeveralTriggersDecide) {
  const wire::GrammarTrigger word{.kind = TriggerKind::kWord, .value = "o7"};
  const wire::GrammarTrigger pattern{.kind = TriggerKind::kPattern, .value = "(hello7)"};
  Grammar by_pattern = lazy({pattern, word}, R"(root ::= "hello7" [0-9]+)");
  say(by_pattern, "hello7");
  EXPECT_TRUE(holds(by_pattern));
  Grammar by_word = lazy({word, pattern}, R"(root ::= "o7" [0-9]+)");
  say(by_word, "hello7");
  EXPECT_TRUE(holds(by_word));
}

TEST_F(GrammarTest, FailsWhenTheTriggerIsNoBeginningOfIt) {
  Grammar grammar = lazy({{.kind = TriggerKind::kWord, .value = "he"}});
  const Status accepted = grammar.accept(token_of("hello"));
  ASSERT_FALSE(accepted);
  EXPECT_EQ(accepted.error().code, ErrorCode::kSamplingFailed);
  EXPECT_EQ(accepted.error().field, "grammar");
}

TEST_F(GrammarTest, IsNotBegunByTheEndOfTheAnswer) {
  Grammar grammar = lazy({{.kind = TriggerKind::kPattern, .value = "im_end|[\\s\\S]{50}"}});
  EXPECT_TRUE(grammar.accept(token_of("<|im_end|>")));
}

TEST_F(GrammarTest, NamesTheTriggerThatCannotBeUsed) {
  EXPECT_EQ(error_of({}).field, "grammar_triggers");
  EXPECT_EQ(error_of(std::vector<wire::GrammarTrigger>(65, {.value = "a"})).field, "grammar_triggers");
  EXPECT_EQ(error_of({{.value = "a"}, {.value = ""}}).field, "grammar_triggers[1].value");
  EXPECT_EQ(error_of({{.value = std::string(300, 'a')}}).field, "grammar_triggers[0].value");
  EXPECT_EQ(error_of({{.kind = TriggerKind::kToken, .token = 1'000'000}}).field, "grammar_triggers[0].token");
  EXPECT_EQ(error_of({{.kind = TriggerKind::kToken, .value = "two tokens"}}).field,
            "grammar_triggers[0].value");
  const Error pattern = error_of({{.kind = TriggerKind::kPattern, .value = "(a"}});
  EXPECT_EQ(pattern.code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(pattern.field, "grammar_triggers[0].value");
  EXPECT_TRUE(pattern.message.contains("a ( without its )")) << pattern.message;
  const wire::GrammarTrigger large{.kind = TriggerKind::kPattern, .value = "a{900}b{900}c{900}"};
  EXPECT_EQ(error_of({large, large}).field, "grammar_triggers[1].value");
  EXPECT_EQ(error_of({{.value = "a"}}, "root ::= (").field, "grammar");
}

// The chain draws freely until the trigger, and from then on only what the grammar allows, also when it is not the likeliest.
TEST_F(GrammarTest, ConstrainsAChainFromItsTriggerOn) {
  wire::SamplingParams params;
  params.temperature = 0.0F;
  params.grammar = kCall;
  params.grammar_lazy = true;
  params.grammar_triggers = {{.kind = TriggerKind::kWord, .value = "<tool_call>"}};
  const std::int32_t n_vocab = llama_vocab_n_tokens(vocab_);
  auto chain = SamplerChain::make(params, {.vocab = vocab_, .n_vocab = n_vocab, .n_context = 64}, false);
  ASSERT_TRUE(chain);
  std::vector<float> row(static_cast<std::size_t>(n_vocab), 0.0F);
  row[static_cast<std::size_t>(token_of("x"))] = 5.0F;
  row[static_cast<std::size_t>(token_of("7"))] = 1.0F;
  SamplerChain::Scratch scratch;
  EXPECT_EQ(chain->choose(row, 0, scratch), token_of("x"));
  ASSERT_TRUE(chain->accept(token_of("<tool_call>")));
  EXPECT_EQ(chain->choose(row, 1, scratch), token_of("7"));
}

// Its spelling would satisfy the grammar, and be missing in the answer.
TEST_F(GrammarTest, LeavesNoControlTokenToAChain) {
  wire::SamplingParams params;
  params.temperature = 0.0F;
  params.grammar = "root ::= [^x]+";
  const std::int32_t n_vocab = llama_vocab_n_tokens(vocab_);
  const Token control = token_of("<|im_start|>");
  auto chain = SamplerChain::make(
      params, {.vocab = vocab_, .n_vocab = n_vocab, .n_context = 64, .control_tokens = {control}}, false);
  ASSERT_TRUE(chain);
  std::vector<float> row(static_cast<std::size_t>(n_vocab), 0.0F);
  row[static_cast<std::size_t>(control)] = 5.0F;
  row[static_cast<std::size_t>(token_of("7"))] = 1.0F;
  SamplerChain::Scratch scratch;
  EXPECT_EQ(chain->choose(row, 0, scratch), token_of("7"));
}

}  // namespace
}  // namespace minerva::inference
