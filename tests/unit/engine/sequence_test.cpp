#include "engine/sequence.h"

#include <gtest/gtest.h>

namespace minerva::engine {
namespace {

using Time = Sequence::Time;

Sequence make(std::vector<std::string> stop = {}) {
  wire::GenerationSpec spec;
  spec.id = 7;
  spec.stop = std::move(stop);
  return Sequence{std::move(spec), {1, 2, 3}, Time{100}};
}

TEST(Sequence, GoesThroughItsLife) {
  using enum SequenceState;
  using Input = SequenceInput;
  EXPECT_EQ(transition(kWaiting, Input::kStart), kPrefill);
  EXPECT_EQ(transition(kPrefill, Input::kCaughtUp), kDecode);
  EXPECT_EQ(transition(kDecode, Input::kKvLost), kPrefill);
  for (const auto state : {kWaiting, kPrefill, kDecode}) EXPECT_EQ(transition(state, Input::kEnd), kEnded);
}

TEST(SequenceDeathTest, EndsOnlyOnce) {
  EXPECT_DEATH((void)transition(SequenceState::kEnded, SequenceInput::kEnd), "ends once");
}

TEST(Sequence, CountsWhatItGenerated) {
  Sequence sequence = make();
  EXPECT_EQ(sequence.n_left(), 3U);
  EXPECT_EQ(sequence.take(9, "hi").text, "hi");
  EXPECT_EQ(sequence.n_generated(), 1U);
  EXPECT_EQ(sequence.stats.n_generated, 1U);
  EXPECT_EQ(sequence.stats.n_prompt, 3U);
}

TEST(Sequence, HoldsBackWhatMayBecomeAStop) {
  Sequence sequence = make({"END"});
  EXPECT_EQ(sequence.take(9, "abE").text, "ab");
  EXPECT_EQ(sequence.take(9, "N").text, "");
  EXPECT_EQ(sequence.rest_of_text(), "EN");
}

TEST(Sequence, TellsTheTimesOfItsParts) {
  Sequence sequence = make();
  sequence.note_first_step(Time{150});
  sequence.note_first_step(Time{160});
  sequence.note_token(Time{180});
  sequence.note_token(Time{200});
  EXPECT_EQ(sequence.stats.queue_us, 50U);
  EXPECT_EQ(sequence.stats.prefill_us, 30U);
  EXPECT_EQ(sequence.stats.decode_us, 20U);
}

}  // namespace
}  // namespace minerva::engine
