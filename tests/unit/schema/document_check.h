#pragma once
// Asks the library's own grammar, byte by byte, whether it lets a model write a document and end there.

#include <array>
#include <string>

#include "inference/llama_handles.h"
#include "support/temporary_folder.h"
#include "wire/types.h"

namespace minerva::chat::schema {

class DocumentCheck {
 public:
  DocumentCheck();

  // False too when the grammar cannot be read, with a test failure.
  [[nodiscard]] bool accepts(const std::string& gbnf, const std::string& document) const;

 private:
  support::TemporaryFolder folder_;
  inference::ModelHandle model_;
  std::array<wire::Token, 256> byte_tokens_{};
};

}  // namespace minerva::chat::schema
