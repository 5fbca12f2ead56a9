// A draft model of real files: what is refused, and that the model itself as its draft model is always right.

#include "inference/draft_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log.h"
#include "inference/llama_cpp_backend.h"
#include "support/temporary_folder.h"
#include "tiny_model.h"

namespace minerva::inference {
namespace {

using testing::HasSubstr;

const LlamaCppBackend::Progress kPatient = [](float) { return true; };

class DraftLoaderTest : public testing::Test {
 protected:
  void SetUp() override { log::configure(log::Level::kOff, ""); }

  wire::LoadOptions options(const TinyModelOptions& draft) {
    write_tiny_model(folder_ / "tiny.gguf");
    write_tiny_model(folder_ / "draft.gguf", draft);
    wire::LoadOptions options;
    options.model_path = folder_ / "tiny.gguf";
    options.draft_model_path = folder_ / "draft.gguf";
    options.devices = {"none"};
    options.n_ctx = 1024;
    options.n_parallel = 4;
    options.n_threads = 1;
    return options;
  }
  static Error error_of(const wire::LoadOptions& options) {
    auto backend = LlamaCppBackend::load(options, kPatient);
    if (!backend) return backend.error();
    auto draft = load_draft_model(options, (*backend)->card(), kPatient);
    if (!draft) return draft.error();
    ADD_FAILURE() << "it was loaded";
    return {};
  }

  support::TemporaryFolder folder_;
};

TEST_F(DraftLoaderTest, DraftsWhatTheModelItselfWouldSay) {
  auto same = options({});
  same.draft_p_min = 1e-6F;
  const auto model = *LlamaCppBackend::load(same, kPatient);
  const auto draft = *load_draft_model(same, model->card(), kPatient);
  const auto tokens = *model->tokenize({.text = "hello the world", .spans = {{.n_bytes = 15}}});
  std::vector<BatchToken> batch;
  for (const Token token : tokens) {
    batch.push_back({.token = token, .position = static_cast<std::int32_t>(batch.size()), .slot = SlotId{1}});
  }
  batch.back().wants_logits = true;
  ASSERT_EQ(model->decode(batch), DecodeStatus::kOk);
  wire::SamplingParams greedy;
  greedy.temperature = 0;
  const auto next =
      (*model->make_sampler(greedy, {}, false))->sample(static_cast<std::int32_t>(batch.size()) - 1, 0);
  const DraftModel::Followed sequence{.slot = SlotId{1}, .tokens = tokens};
  const auto drafts = draft->draft({&sequence, 1}, 3);
  ASSERT_TRUE(drafts);
  ASSERT_EQ(drafts->front().size(), 3U);
  EXPECT_EQ(drafts->front().front(), next->token);
}

TEST_F(DraftLoaderTest, GuessesNoFurtherThanItIsSure) {
  auto sure = options({});
  sure.draft_p_min = 1.0F;
  const auto model = *LlamaCppBackend::load(sure, kPatient);
  const auto draft = *load_draft_model(sure, model->card(), kPatient);
  const std::vector<Token> tokens{1, 300};
  const DraftModel::Followed sequence{.slot = SlotId{0}, .tokens = tokens};
  const auto drafts = draft->draft({&sequence, 1}, 3);
  ASSERT_TRUE(drafts);
  EXPECT_TRUE(drafts->front().empty());
}

TEST_F(DraftLoaderTest, TellsWhatTheDraftModelTakes) {
  const auto same = options({.name = "Smaller", .n_layers = 1});
  const auto model = *LlamaCppBackend::load(same, kPatient);
  const auto draft = *load_draft_model(same, model->card(), kPatient);
  wire::ModelCard card = model->card();
  const auto alone = card.memory.front();
  add_draft(card, draft->card());
  ASSERT_TRUE(card.draft);
  EXPECT_EQ(card.draft->name, "Smaller");
  EXPECT_EQ(card.draft->n_layers, 1U);
  EXPECT_EQ(card.draft->n_ctx_sequence, 256U);
  ASSERT_EQ(card.memory.size(), 1U);
  EXPECT_EQ(card.memory[0].kv_bytes, alone.kv_bytes / 2 * 3);  // two layers and one
  EXPECT_GT(card.memory[0].weights_bytes, alone.weights_bytes);
}

TEST_F(DraftLoaderTest, RefusesAnotherVocabularyAndSaysWhatDiffers) {
  auto other = options({.vocabulary = VocabularyKind::kBytePair});
  const Error error = error_of(other);
  EXPECT_EQ(error.code, ErrorCode::kModelInvalid);
  EXPECT_EQ(error.field, "draft-model");
  EXPECT_THAT(error.message, HasSubstr("SentencePiece in the model and BPE in the draft"));
}

TEST_F(DraftLoaderTest, RefusesAVocabularyWithAnotherToken) {
  const Error error = error_of(options({.another_word = true}));
  EXPECT_EQ(error.field, "draft-model");
  EXPECT_THAT(error.message, HasSubstr("'call>' in the model and 'other' in the draft"));
}

TEST_F(DraftLoaderTest, RefusesAFileThatIsNotThere) {
  auto missing = options({});
  missing.draft_model_path = folder_ / "nothing.gguf";
  const Error error = error_of(missing);
  EXPECT_EQ(error.code, ErrorCode::kModelNotFound);
  EXPECT_EQ(error.field, "draft-model");
}

TEST_F(DraftLoaderTest, LoadsNoneWhereNoneIsNamed) {
  auto alone = options({});
  alone.draft_model_path.clear();
  const auto model = *LlamaCppBackend::load(alone, kPatient);
  const auto draft = load_draft_model(alone, model->card(), kPatient);
  ASSERT_TRUE(draft);
  EXPECT_EQ(*draft, nullptr);
}

}  // namespace
}  // namespace minerva::inference
