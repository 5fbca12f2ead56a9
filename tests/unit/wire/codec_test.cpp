#include "wire/codec.h"

#include <gtest/gtest.h>

#include <glaze/beve.hpp>

namespace minerva::wire {

// A Submit from a version that knows one field more and one field less. Not in the unnamed namespace: reflection
// needs a name with linkage.
struct FutureSpec {
  std::uint64_t id = 0;
  std::vector<int> beam_widths;
  bool ignore_eos = false;
};
struct FutureSubmit {
  FutureSpec spec;
};

namespace {

Frame frame_of(const Message& message) {
  FrameReader reader;
  reader.feed(*encode(message));
  return **reader.next();
}

TEST(Codec, ASubmitComesBackAsItWasSent) {
  Submit submit;
  submit.spec.id = 42;
  submit.spec.prompt = {.text = "hé\0llo",
                        .spans = {{.n_bytes = 2, .origin = Origin::kTemplate}, {.n_bytes = 4}}};
  submit.spec.sampling.seed = 0xFFFF'FFFF'FFFF'FFFF;
  submit.spec.sampling.logit_bias = {{.token = 3, .bias = -1.5F}};
  submit.spec.stop = {"a", ""};
  const auto message = decode(frame_of(submit));
  ASSERT_TRUE(message.has_value());
  const auto& back = std::get<Submit>(*message).spec;
  EXPECT_EQ(back.id, 42U);
  EXPECT_EQ(back.prompt.text, submit.spec.prompt.text);
  EXPECT_EQ(back.prompt.spans, submit.spec.prompt.spans);
  EXPECT_EQ(back.sampling.seed, submit.spec.sampling.seed);
  ASSERT_EQ(back.sampling.logit_bias.size(), 1U);
  EXPECT_FLOAT_EQ(back.sampling.logit_bias[0].bias, -1.5F);
  EXPECT_EQ(back.stop, submit.spec.stop);
}

TEST(Codec, EveryKindOfEventKeepsItsPlaceAndItsKind) {
  StepReport report;
  report.status.steps_completed = 9;
  report.status.prefixes[static_cast<std::size_t>(PrefixTier::kHost)] = {.n_requests = 3, .n_tokens = 30};
  report.status.decode_steps.sample_us = 11;
  report.events.emplace_back(SequenceAccepted{.id = 1, .prompt = {5, 6}});
  report.events.emplace_back(SequenceText{
      .id = 1,
      .tokens = {7},
      .text = "€",
      .probabilities = {{.chosen = {.token = 7, .bytes = "\xE2", .log_probability = -0.5F}, .likeliest = {}}},
      .stats = GenerationStats{.n_cached = 4, .cached_in = PrefixTier::kDisk}});
  report.events.emplace_back(SequenceText{.id = 1, .tokens = {8}, .text = "", .probabilities = {}});
  report.events.emplace_back(
      SequenceFinished{.id = 1, .reason = FinishReason::kLength, .stop_text = "", .stats = {.n_prompt = 2}});
  report.events.emplace_back(
      SequenceFailed{.id = 2, .error = {.code = ErrorCode::kContextOverflow, .message = "m", .field = "f"}});
  const auto message = decode(frame_of(report));
  ASSERT_TRUE(message.has_value());
  const auto& back = std::get<StepReport>(*message);
  EXPECT_EQ(back.status.prefixes[static_cast<std::size_t>(PrefixTier::kHost)].n_tokens, 30U);
  EXPECT_EQ(back.status.decode_steps.sample_us, 11U);
  ASSERT_EQ(back.events.size(), 5U);
  EXPECT_EQ(std::get<SequenceAccepted>(back.events[0]).prompt, (std::vector<Token>{5, 6}));
  EXPECT_EQ(std::get<SequenceText>(back.events[1]).text, "€");
  EXPECT_EQ(std::get<SequenceText>(back.events[1]).stats.value().cached_in, PrefixTier::kDisk);
  EXPECT_FALSE(std::get<SequenceText>(back.events[2]).stats);
  EXPECT_EQ(std::get<SequenceFinished>(back.events[3]).reason, FinishReason::kLength);
  EXPECT_EQ(std::get<SequenceFailed>(back.events[4]).error.code, ErrorCode::kContextOverflow);
}

TEST(Codec, ACardTellsOfADraftModelWhereThereIsOne) {
  ModelLoaded loaded;
  loaded.card.name = "Large";
  const auto alone = decode(frame_of(loaded));
  ASSERT_TRUE(alone.has_value());
  EXPECT_FALSE(std::get<ModelLoaded>(*alone).card.draft);
  auto& sent = loaded.card.draft.emplace();
  sent.name = "Small";
  sent.memory = {{.device = "CPU", .kv_bytes = 7}};
  const auto both = decode(frame_of(loaded));
  ASSERT_TRUE(both.has_value());
  const auto& draft = std::get<ModelLoaded>(*both).card.draft;
  ASSERT_TRUE(draft);
  EXPECT_EQ(draft->name, "Small");
  EXPECT_EQ(draft->memory.at(0).kv_bytes, 7U);
}

TEST(Codec, UnknownFieldsAreSkippedAndMissingOnesKeepTheirDefaults) {
  Frame frame{.type = static_cast<std::uint16_t>(Message{Submit{}}.index()), .payload = {}};
  ASSERT_FALSE(glz::write_beve(FutureSubmit{.spec = {.id = 8, .beam_widths = {1, 2, 3}, .ignore_eos = true}},
                               frame.payload));
  const auto message = decode(frame);
  ASSERT_TRUE(message.has_value()) << message.error().message;
  const auto& spec = std::get<Submit>(*message).spec;
  EXPECT_EQ(spec.id, 8U);
  EXPECT_TRUE(spec.ignore_eos);
  EXPECT_FLOAT_EQ(spec.sampling.temperature, SamplingParams{}.temperature);
}

TEST(Codec, ATruncatedPayloadIsAnErrorAtEveryLength) {
  Submit submit;
  submit.spec.prompt.text = "some text";
  submit.spec.stop = {"stop"};
  const Frame whole = frame_of(submit);
  for (std::size_t length = 0; length < whole.payload.size(); ++length) {
    EXPECT_FALSE(decode({.type = whole.type, .payload = whole.payload.substr(0, length)}).has_value())
        << length;
  }
}

TEST(Codec, AnUnknownTypeIsAnError) {
  const auto message = decode({.type = 999, .payload = "x"});
  ASSERT_FALSE(message.has_value());
  EXPECT_NE(message.error().message.find("999"), std::string::npos);
}

}  // namespace
}  // namespace minerva::wire
