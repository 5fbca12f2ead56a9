#pragma once
// A rendered prompt to tokens, so that text from a message can never become a control token.
//
// What holds:
// - A control token is taken only where its whole text lies in the template's own spans.
// - So is a user-defined token that structures a chat: one whose text stands in the model's chat template, or is wrapped
//   in "<|" and "|>". Others ("\n\n", "<table>") are ordinary words of the vocabulary and are matched anywhere.
// - The text of such a token inside a message is tokenized as plain text, in two pieces where the library would
//   otherwise see the token. Only a token of a single character cannot be cut and stays.
// - For a prompt whose messages hold no such text, the result is the library's own for the whole text with its special
//   tokens recognised: longest first, then leftmost, white space beside them stripped where the vocabulary says so.
//
// Threads: const and safe from any thread after construction. The vocabulary must outlive it.

#include <llama.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "wire/types.h"

namespace minerva::inference {

class PromptTokenizer {
 public:
  PromptTokenizer(const llama_vocab* vocab, std::string_view chat_template);

  // kTokenizationFailed when the library refuses the text. BOS comes first when the vocabulary wants one.
  [[nodiscard]] Result<std::vector<wire::Token>> tokenize(const wire::PromptText& prompt) const;

 private:
  struct Special {
    wire::Token token = 0;
    std::string text;
    bool guarded = false;  // taken in the template's spans only
    bool strips_left = false;
    bool strips_right = false;
  };
  // Half-open ranges of the prompt's bytes.
  struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  struct Match {
    Range text;
    std::size_t special = 0;  // index into specials_
  };
  // A special token at its place, with the white space it swallows.
  struct Taken {
    Range text;
    wire::Token token = 0;
  };

  [[nodiscard]] std::vector<Match> find_all(std::string_view text) const;
  void find_at(std::string_view text, std::size_t at, std::vector<Match>& matches) const;
  [[nodiscard]] std::vector<Taken> choose(std::string_view text, const std::vector<Match>& matches,
                                          const std::vector<Range>& message_parts) const;
  [[nodiscard]] Status tokenize_plain(std::string_view text, std::vector<wire::Token>& tokens) const;
  [[nodiscard]] Status tokenize_stretch(std::string_view text, Range stretch,
                                        const std::vector<std::size_t>& cuts,
                                        std::vector<wire::Token>& tokens) const;
  [[nodiscard]] Status tokenize_continuation(std::string_view text, std::vector<wire::Token>& tokens) const;

  const llama_vocab* vocab_;
  std::vector<Special> specials_;     // longest text first, as the library tries them
  std::vector<std::size_t> by_text_;  // indices into specials_, in order of their texts
};

}  // namespace minerva::inference
