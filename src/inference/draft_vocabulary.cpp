#include "inference/draft_vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "inference/llama_handles.h"

namespace minerva::inference {
namespace {

// llama.cpp common/speculative.cpp, SPEC_VOCAB_MAX_SIZE_DIFFERENCE.
constexpr std::int32_t kMostPadding = 128;

std::unexpected<Error> differ(std::string_view how) {
  return fail(
      ErrorCode::kModelInvalid,
      fmt::format("the draft model has another vocabulary than the model, {}: take a smaller model of "
                  "the same family",
                  how),
      "draft-model");
}

std::string_view text_of(const llama_vocab* vocab, llama_token token) {
  if (token < 0 || token >= llama_vocab_n_tokens(vocab)) return "none";
  const char* text = llama_vocab_get_text(vocab, token);
  return text == nullptr ? std::string_view{} : std::string_view{text};
}

std::string_view name_of(enum llama_vocab_type type) {
  switch (type) {
    case LLAMA_VOCAB_TYPE_SPM: return "SentencePiece";
    case LLAMA_VOCAB_TYPE_BPE: return "BPE";
    case LLAMA_VOCAB_TYPE_WPM: return "WordPiece";
    case LLAMA_VOCAB_TYPE_UGM: return "Unigram";
    case LLAMA_VOCAB_TYPE_RWKV: return "RWKV";
    default: return "another";
  }
}

// The tokens that are put at an end of the text without being in it.
Status check_ends(const llama_vocab* model, const llama_vocab* draft) {
  const auto check = [&](std::string_view which, bool is_added, bool is_added_by_draft, llama_token token,
                         llama_token drafts_token) -> Status {
    if (is_added != is_added_by_draft)
      return differ(fmt::format("only one of them adds a token at the {} of a text", which));
    if (is_added && token != drafts_token) {
      return differ(fmt::format("the token at the {} of a text is '{}' in the model and '{}' in the draft",
                                which, text_of(model, token), text_of(draft, drafts_token)));
    }
    return {};
  };
  if (const Status same = check("beginning", llama_vocab_get_add_bos(model), llama_vocab_get_add_bos(draft),
                                llama_vocab_bos(model), llama_vocab_bos(draft));
      !same)
    return same;
  return check("end", llama_vocab_get_add_eos(model), llama_vocab_get_add_eos(draft), llama_vocab_eos(model),
               llama_vocab_eos(draft));
}

Result<ModelHandle> load_vocabulary(const std::string& path, std::string_view field) {
  llama_model_params params = llama_model_default_params();
  params.vocab_only = true;
  ModelHandle model{llama_model_load_from_file(path.c_str(), params)};
  if (model) return model;
  return fail(ErrorCode::kModelInvalid, fmt::format("{}: llama.cpp cannot read its vocabulary", path),
              std::string{field});
}

}  // namespace

Status check_same_vocabulary(const llama_vocab* model, const llama_vocab* draft) {
  if (llama_vocab_type(model) != llama_vocab_type(draft)) {
    return differ(fmt::format("{} in the model and {} in the draft", name_of(llama_vocab_type(model)),
                              name_of(llama_vocab_type(draft))));
  }
  const std::int32_t n_model = llama_vocab_n_tokens(model);
  const std::int32_t n_draft = llama_vocab_n_tokens(draft);
  if (std::abs(n_model - n_draft) > kMostPadding)
    return differ(fmt::format("{} tokens in the model and {} in the draft", n_model, n_draft));
  for (llama_token token = 0; token < std::min(n_model, n_draft); ++token) {
    if (text_of(model, token) == text_of(draft, token)) continue;
    return differ(fmt::format("token {} is '{}' in the model and '{}' in the draft", token,
                              text_of(model, token), text_of(draft, token)));
  }
  return check_ends(model, draft);
}

Status check_draft_vocabulary(const std::string& model_path, const std::string& draft_path) {
  const auto model = load_vocabulary(model_path, "model");
  // What is wrong with the model is said, in more words, when it is loaded.
  if (!model) return {};
  const auto draft = load_vocabulary(draft_path, "draft-model");
  if (!draft) return std::unexpected(draft.error());
  return check_same_vocabulary(llama_model_get_vocab(model->get()), llama_model_get_vocab(draft->get()));
}

}  // namespace minerva::inference
