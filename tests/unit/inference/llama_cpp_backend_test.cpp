// The real library on a small random model: loading and its errors, and that KV that was cut, copied or batched gives the
// same logits as KV that was computed alone.

#include "inference/llama_cpp_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include "base/log.h"
#include "support/temporary_folder.h"
#include "tiny_model.h"

namespace minerva::inference {
namespace {

using testing::HasSubstr;

const LlamaCppBackend::Progress kPatient = [](float) { return true; };

class LlamaCppBackendTest : public testing::Test {
 protected:
  void SetUp() override { log::configure(log::Level::kOff, ""); }

  wire::LoadOptions options(const TinyModelOptions& model = {}) {
    write_tiny_model(folder_ / "tiny.gguf", model);
    wire::LoadOptions options;
    options.model_path = folder_ / "tiny.gguf";
    options.devices = {"none"};
    options.n_ctx = 1024;
    options.n_parallel = 4;
    options.n_threads = 1;
    return options;
  }
  std::unique_ptr<LlamaCppBackend> load(const TinyModelOptions& model = {}) {
    auto backend = LlamaCppBackend::load(options(model), kPatient);
    EXPECT_TRUE(backend) << to_string(backend.error());
    return backend ? std::move(*backend) : nullptr;
  }
  static Error error_of(const wire::LoadOptions& options) {
    auto backend = LlamaCppBackend::load(options, kPatient);
    if (!backend) return backend.error();
    ADD_FAILURE() << "it was loaded";
    return {};
  }

  support::TemporaryFolder folder_;
};

std::vector<Token> tokens_of(const LlamaCppBackend& backend, const std::string& text) {
  return *backend.tokenize({.text = text, .spans = {{.n_bytes = static_cast<std::uint32_t>(text.size())}}});
}

std::unique_ptr<Sampler> greedy(LlamaCppBackend& backend) {
  wire::SamplingParams params;
  params.temperature = 0.0F;
  return *backend.make_sampler(params, {}, true);
}

// Puts tokens into a slot from a position on; the last one's logits are at the end of the batch.
void put(LlamaCppBackend& backend, std::int32_t slot, std::span<const Token> tokens, std::int32_t from) {
  std::vector<BatchToken> batch;
  for (const Token token : tokens) {
    batch.push_back({.token = token, .position = from++, .slot = SlotId{slot}, .wants_logits = false});
  }
  batch.back().wants_logits = true;
  ASSERT_EQ(backend.decode(batch), DecodeStatus::kOk);
}

// Greedy tokens after what the slot holds; the last decode's logits belong to it.
std::vector<Token> go_on(LlamaCppBackend& backend, std::int32_t slot, std::int32_t position,
                         std::int32_t batch_index, int n) {
  const auto sampler = greedy(backend);
  std::vector<Token> generated;
  for (int i = 0; i < n; ++i) {
    generated.push_back(sampler->sample(batch_index, static_cast<std::uint32_t>(i))->token);
    put(backend, slot, std::span{&generated.back(), 1}, position++);
    batch_index = 0;
  }
  return generated;
}

std::vector<Token> answer(LlamaCppBackend& backend, std::int32_t slot, std::span<const Token> prompt,
                          std::int32_t n_kept, int n) {
  const auto rest = prompt.subspan(static_cast<std::size_t>(n_kept));
  put(backend, slot, rest, n_kept);
  return go_on(backend, slot, static_cast<std::int32_t>(prompt.size()),
               static_cast<std::int32_t>(rest.size()) - 1, n);
}

TEST_F(LlamaCppBackendTest, EndsAnAnswerWithItsGrammarAlsoWhereEndTokensAreIgnored) {
  const auto backend = load();
  put(*backend, 0, tokens_of(*backend, "hello"), 0);
  const auto row = static_cast<std::int32_t>(tokens_of(*backend, "hello").size()) - 1;
  for (const float temperature : {0.0F, 1.0F}) {
    wire::SamplingParams params;
    params.temperature = temperature;
    params.grammar = "root ::= \"4\" \"2\"";
    const auto sampler = *backend->make_sampler(params, {}, true);
    std::string text;
    for (std::uint32_t i = 0; i < 2; ++i) text += backend->piece(sampler->sample(row, i)->token).text;
    EXPECT_EQ(text, "42");
    const auto end = sampler->sample(row, 2);
    ASSERT_TRUE(end) << to_string(end.error());
    EXPECT_TRUE(backend->piece(end->token).ends_generation);
  }
}

TEST_F(LlamaCppBackendTest, IgnoresEndTokensWhileTheGrammarCanGoOn) {
  const auto backend = load();
  put(*backend, 0, tokens_of(*backend, "hello"), 0);
  const auto row = static_cast<std::int32_t>(tokens_of(*backend, "hello").size()) - 1;
  wire::SamplingParams params;
  params.temperature = 0.0F;
  params.grammar = "root ::= \"4\" | \"4\" root";
  const auto sampler = *backend->make_sampler(params, {}, true);
  for (std::uint32_t i = 0; i < 20; ++i) EXPECT_EQ(backend->piece(sampler->sample(row, i)->token).text, "4");
}

TEST_F(LlamaCppBackendTest, TellsWhatTheModelIs) {
  const auto backend = load();
  const wire::ModelCard& card = backend->card();
  EXPECT_EQ(card.name, "Tiny");
  EXPECT_EQ(card.architecture, "llama");
  EXPECT_EQ(card.quantization, "all F32");
  EXPECT_EQ(card.n_layers, 2U);
  EXPECT_EQ(card.n_gpu_layers, 0U);
  EXPECT_EQ(card.n_ctx_train, 512U);
  EXPECT_EQ(card.n_ctx, 1024U);
  EXPECT_EQ(card.n_ctx_sequence, 256U);
  EXPECT_EQ(card.n_parallel, 4U);
  EXPECT_EQ(card.bos_text, "<s>");
  EXPECT_EQ(card.eos_text, "<|im_end|>");
  EXPECT_EQ(card.chat_template, kTinyChatTemplate);
  // Of the control tokens, the one that the template names and that does not end an answer.
  ASSERT_EQ(card.control_tokens.size(), 1U);
  EXPECT_EQ(card.control_tokens[0].text, "<|im_start|>");
  EXPECT_GT(card.n_parameters, 100'000U);
  EXPECT_GT(card.load_us, 0U);
  ASSERT_EQ(card.memory.size(), 1U);
  EXPECT_EQ(card.memory[0].device, "CPU");
  EXPECT_GT(card.memory[0].weights_bytes, 0U);
  EXPECT_EQ(card.memory[0].kv_bytes, 2U * 2 * 64 * 2 * 1024);
  EXPECT_GT(card.memory[0].compute_bytes, 0U);
  EXPECT_THAT(card.placement, HasSubstr("CPU"));
}

TEST_F(LlamaCppBackendTest, ChoosesContextAndSlotsWhenTheyAreLeftOpen) {
  auto open = options();
  open.n_ctx = 0;
  open.n_parallel = 0;
  const auto backend = *LlamaCppBackend::load(open, kPatient);
  EXPECT_EQ(backend->card().n_parallel, 4U);
  EXPECT_EQ(backend->card().n_ctx_sequence, 512U);
  EXPECT_EQ(backend->card().n_batch, 512U);
}

TEST_F(LlamaCppBackendTest, KeepsASequenceWithinWhatTheModelWasTrainedFor) {
  auto large = options();
  large.n_ctx = 1'000'000;
  const auto backend = *LlamaCppBackend::load(large, kPatient);
  EXPECT_EQ(backend->card().n_ctx_sequence, 512U);
}

TEST_F(LlamaCppBackendTest, SaysWhichArchitectureItDoesNotKnow) {
  const Error error = error_of(options({.architecture = "hyperllama"}));
  EXPECT_EQ(error.code, ErrorCode::kModelInvalid);
  EXPECT_THAT(error.message, HasSubstr("unknown model architecture: 'hyperllama'"));
}

TEST_F(LlamaCppBackendTest, SaysWhatIsMissingInABrokenModel) {
  const Error error = error_of(options({.architecture = "qwen3"}));  // whose tensors this file has not
  EXPECT_EQ(error.code, ErrorCode::kModelInvalid);
  EXPECT_THAT(error.message, HasSubstr("llama.cpp cannot load this model: "));
  EXPECT_THAT(error.message, HasSubstr("'blk.0.attn_k_norm.weight' not found"));
}

TEST_F(LlamaCppBackendTest, RefusesAModelThatDoesNotChat) {
  EXPECT_THAT(error_of(options({.causal = false})).message, HasSubstr("embedding model"));
}

TEST_F(LlamaCppBackendTest, RefusesADeviceThatIsNotHere) {
  auto wrong = options();
  wrong.devices = {"CUDA77"};
  const Error error = error_of(wrong);
  EXPECT_EQ(error.code, ErrorCode::kGpuNotAvailable);
  EXPECT_EQ(error.field, "device");
}

TEST_F(LlamaCppBackendTest, RefusesAModelLargerThanMemoryBeforeItLoads) {
  auto huge = options({.n_ctx_train = 2'000'000'000});
  huge.n_ctx = 4'000'000'000;
  huge.n_parallel = 2;
  bool began = false;
  auto backend = LlamaCppBackend::load(huge, [&](float) { return began = true; });
  ASSERT_FALSE(backend);
  EXPECT_EQ(backend.error().code, ErrorCode::kModelOutOfMemory);
  EXPECT_THAT(backend.error().message, HasSubstr("is free"));
  EXPECT_FALSE(began);
}

TEST_F(LlamaCppBackendTest, StopsLoadingWhenTold) {
  auto backend = LlamaCppBackend::load(options(), [](float) { return false; });
  ASSERT_FALSE(backend);
  EXPECT_EQ(backend.error().code, ErrorCode::kCancelled);
}

TEST_F(LlamaCppBackendTest, KnowsWhatEndsGeneration) {
  const auto backend = load();
  const auto end = *backend->tokenize(
      {.text = "<|im_end|>", .spans = {{.n_bytes = 10, .origin = wire::Origin::kTemplate}}});
  EXPECT_TRUE(backend->piece(end.back()).ends_generation);
  EXPECT_EQ(backend->piece(end.back()).text, "");
  const auto hello = tokens_of(*backend, "hello");
  EXPECT_EQ(backend->piece(hello.back()).text, " hello");
  EXPECT_FALSE(backend->piece(hello.back()).ends_generation);
}

TEST_F(LlamaCppBackendTest, SaysTheSameAloneAndInABatch) {
  const auto backend = load();
  const auto first = tokens_of(*backend, "hello the world");
  const auto second = tokens_of(*backend, "another text of some length");
  const auto alone = answer(*backend, 0, first, 0, 12);
  ASSERT_TRUE(backend->remove_from(SlotId{0}, 0));

  // Both prompts in one batch, and then both sequences step by step together.
  std::vector<BatchToken> batch;
  const auto add = [&](std::span<const Token> tokens, std::int32_t slot) {
    std::int32_t position = 0;
    for (const Token token : tokens)
      batch.push_back({.token = token, .position = position++, .slot = SlotId{slot}, .wants_logits = false});
    batch.back().wants_logits = true;
    return static_cast<std::int32_t>(batch.size()) - 1;
  };
  std::int32_t at_first = add(first, 0);
  std::int32_t at_second = add(second, 1);
  ASSERT_EQ(backend->decode(batch), DecodeStatus::kOk);
  const auto sampler = greedy(*backend);
  std::vector<Token> together;
  for (int i = 0; i < 12; ++i) {
    together.push_back(sampler->sample(at_first, 0)->token);
    const Token other = sampler->sample(at_second, 0)->token;
    const std::array<BatchToken, 2> step{{{.token = other,
                                           .position = static_cast<std::int32_t>(second.size()) + i,
                                           .slot = SlotId{1},
                                           .wants_logits = true},
                                          {.token = together.back(),
                                           .position = static_cast<std::int32_t>(first.size()) + i,
                                           .slot = SlotId{0},
                                           .wants_logits = true}}};
    ASSERT_EQ(backend->decode(step), DecodeStatus::kOk);
    at_first = 1;
    at_second = 0;
  }
  EXPECT_EQ(together, alone);
}

TEST_F(LlamaCppBackendTest, SamplesSequencesAtTheSameTimeAsOneAfterTheOther) {
  const auto backend = load();
  wire::SamplingParams params;
  params.temperature = 2.0F;
  params.n_probs = 3;
  params.grammar = "root ::= [a-z ]+";
  std::vector<BatchToken> batch;
  for (std::int32_t slot = 0; slot < 4; ++slot) {
    const auto prompt = tokens_of(*backend, std::string(static_cast<std::size_t>(slot) + 1, 'x'));
    std::int32_t position = 0;
    for (const Token token : prompt)
      batch.push_back({.token = token, .position = position++, .slot = SlotId{slot}, .wants_logits = false});
    batch.back().wants_logits = true;
  }
  ASSERT_EQ(backend->decode(batch), DecodeStatus::kOk);
  std::vector<std::int32_t> rows;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (batch[i].wants_logits) rows.push_back(static_cast<std::int32_t>(i));
  }
  // What ten draws from its row give each sequence.
  const auto draw = [&](std::size_t sequence) {
    auto own = params;
    own.seed = sequence;
    const auto sampler = *backend->make_sampler(own, {}, true);
    std::vector<Token> drawn;
    for (std::uint32_t i = 0; i < 10; ++i) drawn.push_back(sampler->sample(rows[sequence], i)->token);
    return drawn;
  };
  std::vector<std::vector<Token>> alone(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) alone[i] = draw(i);
  std::vector<std::vector<Token>> together(rows.size());
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < rows.size(); ++i) threads.emplace_back([&, i] { together[i] = draw(i); });
  }
  EXPECT_EQ(together, alone);
  EXPECT_NE(alone[0], alone[1]);
}

TEST_F(LlamaCppBackendTest, SaysTheSameAfterItsKvWasCut) {
  const auto backend = load();
  const auto prompt = tokens_of(*backend, "hello the world, and more of it");
  const auto fresh = answer(*backend, 0, prompt, 0, 12);
  ASSERT_TRUE(backend->remove_from(SlotId{0}, 5));
  EXPECT_EQ(answer(*backend, 0, prompt, 5, 12), fresh);
}

TEST_F(LlamaCppBackendTest, SaysTheSameFromACopyOfARunningSequence) {
  const auto backend = load();
  const auto prompt = tokens_of(*backend, "hello the world, and more of it");
  const auto fresh = answer(*backend, 2, prompt, 0, 12);
  ASSERT_TRUE(backend->copy_prefix(SlotId{2}, SlotId{1}, 7));
  EXPECT_EQ(answer(*backend, 1, prompt, 7, 12), fresh);
  // The source goes on as if nothing had happened.
  ASSERT_TRUE(backend->remove_from(SlotId{2}, static_cast<std::int32_t>(prompt.size()) - 1));
  EXPECT_EQ(answer(*backend, 2, prompt, static_cast<std::int32_t>(prompt.size()) - 1, 12), fresh);
}

TEST_F(LlamaCppBackendTest, TellsWhenASlotIsFull) {
  const auto backend = load();
  const std::vector<Token> filler(256, tokens_of(*backend, "x").back());
  put(*backend, 0, filler, 0);
  const std::array<BatchToken, 1> one_more{
      {{.token = filler[0], .position = 256, .slot = SlotId{0}, .wants_logits = true}}};
  EXPECT_EQ(backend->decode(one_more), DecodeStatus::kNoMemorySlot);
  ASSERT_TRUE(backend->remove_from(SlotId{0}, 255));
  const std::array<BatchToken, 1> last{
      {{.token = filler[0], .position = 255, .slot = SlotId{0}, .wants_logits = true}}};
  EXPECT_EQ(backend->decode(last), DecodeStatus::kOk);
}

TEST_F(LlamaCppBackendTest, RefusesABatchWithATokenThatIsNone) {
  const auto backend = load();
  const std::array<BatchToken, 1> batch{
      {{.token = 1'000'000, .position = 0, .slot = SlotId{0}, .wants_logits = true}}};
  EXPECT_FALSE(backend->decode(batch));
}

TEST_F(LlamaCppBackendTest, FailsToSampleFromWeightsThatAreNotNumbers) {
  const auto backend = load({.nan_weights = true});
  const auto prompt = tokens_of(*backend, "hello");
  put(*backend, 0, prompt, 0);
  const auto token = greedy(*backend)->sample(static_cast<std::int32_t>(prompt.size()) - 1, 0);
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().code, ErrorCode::kSamplingFailed);
}

}  // namespace
}  // namespace minerva::inference
