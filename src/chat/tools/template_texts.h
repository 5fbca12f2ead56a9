#pragma once
// Text of ours inside the messages that a template renders, marked in the prompt as the template's own.
//
// Each text goes into a message as a word that nobody can guess, and takes its place in the rendered prompt.
//
// Threads: a value of one owner.

#include <string>
#include <string_view>
#include <vector>

#include "wire/types.h"

namespace minerva::chat {

class TemplateTexts {
 public:
  TemplateTexts();

  // What to put into a message for `text`.
  [[nodiscard]] std::string word_for(std::string_view text);

  // Puts the texts where their words are.
  void fill(wire::PromptText& prompt) const;

 private:
  std::string lead_;  // of the words; random
  std::vector<std::string> texts_;
};

}  // namespace minerva::chat
