#pragma once
// Whether a draft model's tokens are the served model's: a token's number must mean the same to both.
//
// Threads: pure but for reading the files.

#include <llama.h>

#include <string>

#include "base/error.h"

namespace minerva::inference {

// kModelInvalid, field "draft-model", with the first difference. The longer vocabulary may go on a little after the
// shorter one's end: models of one family are padded to different sizes.
[[nodiscard]] Status check_same_vocabulary(const llama_vocab* model, const llama_vocab* draft);

// The same for two files, of which the vocabularies alone are read: before gigabytes are loaded in vain. Both have passed
// inspect_model_file.
[[nodiscard]] Status check_draft_vocabulary(const std::string& model_path, const std::string& draft_path);

}  // namespace minerva::inference
