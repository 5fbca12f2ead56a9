#include "document_check.h"

#include <gtest/gtest.h>
#include <llama.h>

#include "base/log.h"
#include "inference/grammar.h"
#include "inference/llama_log.h"
#include "tiny_model.h"

namespace minerva::chat::schema {
DocumentCheck::DocumentCheck() {
  log::configure(log::Level::kOff, "");
  inference::install_llama_log();
  inference::write_tiny_model(folder_ / "tiny.gguf", {.vocabulary = inference::VocabularyKind::kBytePair});
  auto params = llama_model_default_params();
  params.vocab_only = true;
  model_.reset(llama_model_load_from_file((folder_ / "tiny.gguf").c_str(), params));
  const llama_vocab* vocab = llama_model_get_vocab(model_.get());
  for (wire::Token token = 0; token < llama_vocab_n_tokens(vocab); ++token) {
    std::array<char, 8> piece{};
    if (llama_token_to_piece(vocab, token, piece.data(), piece.size(), 0, false) == 1)
      byte_tokens_.at(static_cast<unsigned char>(piece[0])) = token;
  }
}

bool DocumentCheck::accepts(const std::string& gbnf, const std::string& document) const {
  const llama_vocab* vocab = llama_model_get_vocab(model_.get());
  auto grammar = inference::Grammar::make(vocab, gbnf);
  if (!grammar) {
    ADD_FAILURE() << to_string(grammar.error()) << '\n' << gbnf.substr(0, 2000);
    return false;
  }
  for (const char byte : document) {
    const wire::Token token = byte_tokens_.at(static_cast<unsigned char>(byte));
    if (!grammar->allows(token)) return false;
    EXPECT_TRUE(grammar->accept(token));
  }
  return grammar->allows(llama_vocab_eot(vocab) >= 0 ? llama_vocab_eot(vocab) : llama_vocab_eos(vocab));
}

}  // namespace minerva::chat::schema
