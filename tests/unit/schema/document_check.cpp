#include "document_check.h"

#include <gtest/gtest.h>
#include <llama.h>

#include <stdexcept>

#include "base/log.h"
#include "inference/grammar.h"
#include "inference/llama_log.h"
#include "tiny_model.h"

namespace minerva::chat::schema {
namespace {

wire::Token token_of(const llama_vocab* vocab, char byte) {
  llama_token token = -1;
  // A lone byte of a longer character has a token too.
  if (llama_tokenize(vocab, &byte, 1, &token, 1, false, false) != 1) throw std::logic_error("a byte without its token");
  return token;
}

}  // namespace

DocumentCheck::DocumentCheck() {
  log::configure(log::Level::kOff, "");
  inference::install_llama_log();
  inference::write_tiny_model(folder_ / "tiny.gguf", {.vocabulary = inference::VocabularyKind::kBytePair});
  auto params = llama_model_default_params();
  params.vocab_only = true;
  model_.reset(llama_model_load_from_file((folder_ / "tiny.gguf").c_str(), params));
}

bool DocumentCheck::accepts(const std::string& gbnf, const std::string& document) const {
  const llama_vocab* vocab = llama_model_get_vocab(model_.get());
  auto grammar = inference::Grammar::make(vocab, gbnf);
  if (!grammar) {
    ADD_FAILURE() << to_string(grammar.error()) << '\n' << gbnf.substr(0, 2000);
    return false;
  }
  for (const char byte : document) {
    const wire::Token token = token_of(vocab, byte);
    if (!grammar->allows(token)) return false;
    EXPECT_TRUE(grammar->accept(token));
  }
  return grammar->allows(llama_vocab_eot(vocab) >= 0 ? llama_vocab_eot(vocab) : llama_vocab_eos(vocab));
}

}  // namespace minerva::chat::schema
