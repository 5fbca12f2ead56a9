// The following of sequences, over a scripted backend that asserts every position.

#include "inference/greedy_draft_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "support/scripted_backend.h"

namespace minerva::inference {
namespace {

using support::ScriptedBackend;
using support::ScriptedOptions;
using testing::ElementsAre;
using Tokens = std::vector<Token>;

constexpr std::uint32_t kVocabulary = 1U << 16U;

// One more than the last token, every time.
Token one_more(std::span<const Token> tokens) { return tokens.back() + 1; }

class GreedyDraftModelTest : public testing::Test {
 protected:
  std::unique_ptr<GreedyDraftModel> make(ScriptedOptions options = {}, std::uint32_t n_vocab = kVocabulary) {
    options.n_vocab = n_vocab;
    options.next = one_more;
    auto backend = std::make_unique<ScriptedBackend>(std::move(options));
    backend_ = backend.get();
    auto made = GreedyDraftModel::make(std::move(backend), {.n_vocab = n_vocab});
    EXPECT_TRUE(made);
    return std::move(*made);
  }
  static Tokens draft(DraftModel& model, std::int32_t slot, const Tokens& tokens, std::uint32_t n) {
    const DraftModel::Followed sequence{.slot = SlotId{slot}, .tokens = tokens};
    auto drafts = model.draft({&sequence, 1}, n);
    EXPECT_TRUE(drafts) << to_string(drafts.error());
    return drafts ? drafts->front() : Tokens{};
  }
  static std::optional<std::uint32_t> n_behind(const DraftModel& model, std::int32_t slot,
                                               const Tokens& tokens) {
    return model.n_behind({.slot = SlotId{slot}, .tokens = tokens});
  }
  // How many tokens the backend computed for what `action` does.
  std::uint64_t n_computed(const std::function<void()>& action) const {
    const std::uint64_t before = backend_->n_tokens_decoded();
    action();
    return backend_->n_tokens_decoded() - before;
  }

  ScriptedBackend* backend_ = nullptr;  // the model's
};

TEST_F(GreedyDraftModelTest, SaysWhatItWouldSayNext) {
  const auto model = make();
  EXPECT_THAT(draft(*model, 0, {5, 6, 7}, 4), ElementsAre(8, 9, 10, 11));
}

TEST_F(GreedyDraftModelTest, ComputesOnlyWhatIsNewWhenItsGuessesWereRight) {
  const auto model = make();
  (void)draft(*model, 0, {5, 6, 7}, 4);
  EXPECT_EQ(n_behind(*model, 0, {5, 6, 7, 8, 9, 10, 11, 12}), 2U);
  EXPECT_EQ(
      n_computed([&] { EXPECT_THAT(draft(*model, 0, {5, 6, 7, 8, 9, 10, 11, 12}, 2), ElementsAre(13, 14)); }),
      3U);
}

TEST_F(GreedyDraftModelTest, TakesWrongGuessesBack) {
  const auto model = make();
  (void)draft(*model, 0, {5, 6, 7}, 4);
  EXPECT_EQ(n_behind(*model, 0, {5, 6, 7, 8, 30}), 1U);
  EXPECT_THAT(draft(*model, 0, {5, 6, 7, 8, 30}, 2), ElementsAre(31, 32));
}

TEST_F(GreedyDraftModelTest, TurnsToAnotherSequenceInTheSameSlot) {
  const auto model = make();
  (void)draft(*model, 0, {5, 6, 7}, 4);
  EXPECT_EQ(n_behind(*model, 0, {5, 6, 50}), 1U);
  EXPECT_EQ(n_behind(*model, 0, {60, 61}), 2U);
  EXPECT_THAT(draft(*model, 0, {60, 61}, 1), ElementsAre(62));
}

TEST_F(GreedyDraftModelTest, ReadsInPiecesAndKeepsTheLastTokenForTheDraft) {
  const auto model = make({.n_batch = 4});
  Tokens tokens(20, 9);
  const DraftModel::Followed sequence{.slot = SlotId{2}, .tokens = tokens};
  EXPECT_TRUE(model->catch_up(sequence, 10));
  EXPECT_EQ(n_behind(*model, 2, tokens), 10U);
  EXPECT_TRUE(model->catch_up(sequence, 1000));
  EXPECT_EQ(n_behind(*model, 2, tokens), 1U);
  EXPECT_THAT(draft(*model, 2, tokens, 1), ElementsAre(10));
}

TEST_F(GreedyDraftModelTest, CopiesABeginningThatAnotherSlotHas) {
  const auto model = make();
  Tokens tokens(100, 9);
  (void)draft(*model, 1, tokens, 1);
  tokens.push_back(40);
  EXPECT_EQ(n_behind(*model, 3, tokens), 1U);
  EXPECT_EQ(n_computed([&] { EXPECT_THAT(draft(*model, 3, tokens, 1), ElementsAre(41)); }), 1U);
}

TEST_F(GreedyDraftModelTest, KnowsNothingOfASequenceOfAnotherSpace) {
  const auto model = make();
  const Tokens tokens(100, 9);
  (void)draft(*model, 1, tokens, 1);
  for (const std::int32_t slot : {1, 3}) {
    EXPECT_EQ(model->n_behind({.slot = SlotId{slot}, .tokens = tokens, .space = 7}), 100U) << slot;
  }
}

TEST_F(GreedyDraftModelTest, GivesUpWhatOtherSlotsHoldWhereAllShareOneMemory) {
  const auto model = make({.kv_cells = 60});
  (void)draft(*model, 0, Tokens(40, 9), 1);
  EXPECT_THAT(draft(*model, 1, Tokens(40, 8), 2), ElementsAre(9, 10));
  EXPECT_EQ(n_behind(*model, 0, Tokens(40, 9)), 40U);
}

TEST_F(GreedyDraftModelTest, ComputesWhereItsMemoryCannotBeCopied) {
  const auto model = make({.can_copy = false});
  Tokens tokens(50, 9);
  (void)draft(*model, 1, tokens, 1);
  EXPECT_THAT(draft(*model, 3, tokens, 2), ElementsAre(10, 11));
}

TEST_F(GreedyDraftModelTest, DraftsForSeveralSequencesInOneBatch) {
  const auto model = make();
  const Tokens a{1, 2, 3};
  const Tokens b{100};
  const Tokens c{200, 201};
  const std::vector<DraftModel::Followed> sequences{
      {.slot = SlotId{0}, .tokens = a}, {.slot = SlotId{1}, .tokens = b}, {.slot = SlotId{3}, .tokens = c}};
  const auto n_before = backend_->n_decodes();
  const auto drafts = model->draft(sequences, 3);
  ASSERT_TRUE(drafts);
  EXPECT_THAT(*drafts,
              ElementsAre(ElementsAre(4, 5, 6), ElementsAre(101, 102, 103), ElementsAre(202, 203, 204)));
  EXPECT_EQ(backend_->n_decodes() - n_before, 3U);
}

TEST_F(GreedyDraftModelTest, SaysNothingOfASequenceThatIsTooLongOrHasAForeignToken) {
  const auto model = make({.n_ctx_sequence = 64}, 1000);
  EXPECT_TRUE(n_behind(*model, 0, Tokens(49, 1)));
  EXPECT_FALSE(n_behind(*model, 0, Tokens(50, 1)));
  EXPECT_FALSE(n_behind(*model, 0, {1, 1000}));
}

TEST_F(GreedyDraftModelTest, NeverDraftsATokenThatTheServedModelDoesNotKnow) {
  const auto model = make({}, 10);
  EXPECT_THAT(draft(*model, 0, {8}, 3), ElementsAre(9, 9, 9));
}

TEST_F(GreedyDraftModelTest, ForgetsWhatABatchHeldThatFailed) {
  bool fails = false;
  ScriptedOptions options;
  options.fault = [&](std::uint64_t, std::span<const BatchToken>) {
    return ScriptedOptions::Fault{
        .error = fails ? std::optional{Error{.code = ErrorCode::kInternal, .message = "x", .field = {}}}
                       : std::nullopt};
  };
  const auto model = make(options);
  const Tokens tokens{5, 6, 7};
  (void)draft(*model, 0, tokens, 2);
  fails = true;
  const DraftModel::Followed sequence{.slot = SlotId{0}, .tokens = tokens};
  EXPECT_FALSE(model->draft({&sequence, 1}, 2));
  EXPECT_EQ(n_behind(*model, 0, tokens), 3U);
  EXPECT_EQ(backend_->cells_used(), 0U);
  fails = false;
  EXPECT_THAT(draft(*model, 0, tokens, 2), ElementsAre(8, 9));
}

TEST_F(GreedyDraftModelTest, RefusesAModelThatCannotTakeAGuessBack) {
  const auto made = GreedyDraftModel::make(
      std::make_unique<ScriptedBackend>(ScriptedOptions{.can_cut = false, .can_copy = false}),
      {.n_vocab = 10});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kModelInvalid);
  EXPECT_EQ(made.error().field, "draft-model");
}

}  // namespace
}  // namespace minerva::inference
