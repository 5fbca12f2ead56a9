#pragma once
// Asks the library's own grammar, byte by byte, whether it lets a model write a document and end there.

#include <string>

#include "inference/llama_handles.h"
#include "support/temporary_folder.h"

namespace minerva::chat::schema {

class DocumentCheck {
 public:
  DocumentCheck();

  // False too when the grammar cannot be read, with a test failure.
  [[nodiscard]] bool accepts(const std::string& gbnf, const std::string& document) const;

 private:
  support::TemporaryFolder folder_;
  inference::ModelHandle model_;
};

}  // namespace minerva::chat::schema
