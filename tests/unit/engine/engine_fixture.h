#pragma once
// An engine over a scripted backend, and the record of what each request got.

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "engine/engine.h"
#include "inference/greedy_draft_model.h"
#include "support/scripted_backend.h"

namespace minerva::engine {

class EngineFixture {
 public:
  // `draft`: a backend for a draft model beside, on the same clock.
  explicit EngineFixture(support::ScriptedOptions options = {}, EngineOptions engine_options = {},
                         std::optional<support::ScriptedOptions> draft = std::nullopt)
      : backend{std::move(options)},
        engine{backend, with_draft(std::move(engine_options), std::move(draft)),
               [this] { return backend.now(); }} {}

  struct Record {
    bool accepted = false;
    std::size_t n_ends = 0;
    std::string text;
    std::vector<wire::Token> tokens;
    std::vector<wire::TokenProbabilities> probabilities;
    std::vector<wire::GenerationStats> stats_on_the_way;
    std::optional<wire::SequenceFinished> finished;
    std::optional<Error> error;
    std::vector<std::uint64_t> token_times_us;
  };

  void submit(std::uint64_t id, std::string prompt, std::uint32_t max_tokens = 0,
              std::vector<std::string> stop = {}) {
    wire::GenerationSpec spec;
    spec.id = id;
    spec.prompt = {.text = prompt, .spans = {{.n_bytes = static_cast<std::uint32_t>(prompt.size())}}};
    spec.max_tokens = max_tokens;
    spec.stop = std::move(stop);
    submit(std::move(spec));
  }
  void submit(wire::GenerationSpec spec) {
    auto tokens = backend.tokenize(spec.prompt);
    ASSERT_TRUE(tokens);
    engine.submit(std::move(spec), std::move(*tokens));
  }

  void step() {
    for (auto& event : engine.step()) {
      std::visit([this](auto& value) { note(records[value.id], value); }, event);
    }
  }
  // Until nothing is left to do.
  void run() {
    for (int i = 0; !engine.idle(); ++i) {
      ASSERT_LT(i, 100'000) << "the engine does not come to rest";
      step();
    }
  }

  support::ScriptedBackend backend;
  Engine engine;
  std::map<std::uint64_t, Record> records;

 private:
  EngineOptions with_draft(EngineOptions engine_options, std::optional<support::ScriptedOptions> draft) {
    log::configure(log::Level::kOff, "");
    if (!draft) return engine_options;
    constexpr std::uint32_t kVocabulary = 1U << 16U;
    draft->n_vocab = kVocabulary;
    draft->clock_us = backend.clock_us();
    auto made = inference::GreedyDraftModel::make(
        std::make_unique<support::ScriptedBackend>(std::move(*draft)), {.n_vocab = kVocabulary});
    EXPECT_TRUE(made) << to_string(made.error());
    engine_options.draft_model = std::move(*made);
    return engine_options;
  }

  static void expect_open(const Record& record) {
    EXPECT_EQ(record.n_ends, 0U) << "an event after the terminal one";
  }

  void note(Record& record, wire::SequenceAccepted& /*event*/) {
    expect_open(record);
    EXPECT_FALSE(record.accepted);
    record.accepted = true;
  }
  void note(Record& record, wire::SequenceText& event) {
    expect_open(record);
    EXPECT_TRUE(record.accepted);
    record.text += event.text;
    record.tokens.insert(record.tokens.end(), event.tokens.begin(), event.tokens.end());
    std::ranges::move(event.probabilities, std::back_inserter(record.probabilities));
    if (event.stats) record.stats_on_the_way.push_back(*event.stats);
    record.token_times_us.push_back(static_cast<std::uint64_t>(backend.now().count()));
  }
  void note(Record& record, wire::SequenceFinished& event) {
    expect_open(record);
    EXPECT_TRUE(record.accepted);
    ++record.n_ends;
    record.finished = std::move(event);
  }
  void note(Record& record, wire::SequenceFailed& event) {
    expect_open(record);
    ++record.n_ends;
    record.error = std::move(event.error);
  }
};

}  // namespace minerva::engine
