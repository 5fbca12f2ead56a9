#pragma once
// Waits for the place in an answer from which a lazy grammar holds.
//
// The meaning of the triggers is llama-server's (llama.cpp tools/server/README.md, grammar_triggers): control tokens read as
// their text here, and the first trigger in the list that matches decides.
//
// Threads: a value of one owner. The vocabulary must outlive it.

#include <llama.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "inference/trigger_pattern.h"
#include "wire/types.h"

namespace minerva::inference {

class GrammarStart {
 public:
  static constexpr std::size_t kMostTriggers = 64;
  static constexpr std::size_t kLongestWord = 256;

  // kInvalidRequest naming the trigger's field when it cannot be used, or when there is none.
  [[nodiscard]] static Result<GrammarStart> make(const llama_vocab* vocab,
                                                 const std::vector<wire::GrammarTrigger>& triggers);

  // The tokens that the grammar sees first. Of the first of them the first `n_skipped` bytes are none of its.
  struct Found {
    std::vector<wire::Token> tokens;
    std::size_t n_skipped = 0;
  };
  // The answer goes on with this token. After something was found nothing more may be fed.
  [[nodiscard]] std::optional<Found> feed(wire::Token token);

 private:
  explicit GrammarStart(const llama_vocab* vocab) : vocab_{vocab} {}

  [[nodiscard]] Status add(const wire::GrammarTrigger& trigger, const std::string& path);
  [[nodiscard]] Status add_token(const wire::GrammarTrigger& trigger, const std::string& path);
  [[nodiscard]] Found found_at(std::size_t place) const;

  const llama_vocab* vocab_;
  std::vector<wire::Token> tokens_;
  std::vector<TriggerPattern> patterns_;
  std::size_t n_pattern_steps_ = 0;

  struct Heard {
    wire::Token token = 0;
    std::size_t end = 0;  // in bytes of the answer
  };
  std::vector<Heard> heard_;
};

}  // namespace minerva::inference
