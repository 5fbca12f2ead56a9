#include "inference/grammar_start.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace minerva::inference {
namespace {

using wire::Token;
using wire::TriggerKind;

// With the texts of control tokens.
std::string text_of(const llama_vocab* vocab, Token token) {
  std::string text(32, '\0');
  const auto render = [&] {
    return llama_token_to_piece(vocab, token, text.data(), static_cast<std::int32_t>(text.size()), 0, true);
  };
  std::int32_t n = render();
  if (n < 0) {
    text.resize(static_cast<std::size_t>(-n));
    n = render();
  }
  text.resize(static_cast<std::size_t>(std::max(0, n)));
  return text;
}

// The token that this text is, if it is one.
std::optional<Token> single_token(const llama_vocab* vocab, const std::string& text) {
  std::vector<Token> tokens(text.size() + 2);
  const std::int32_t n = llama_tokenize(vocab, text.data(), static_cast<std::int32_t>(text.size()),
                                        tokens.data(), static_cast<std::int32_t>(tokens.size()), false, true);
  return n == 1 ? std::optional{tokens.front()} : std::nullopt;
}

bool is_control(const llama_vocab* vocab, Token token) {
  return (llama_vocab_get_attr(vocab, token) & (LLAMA_TOKEN_ATTR_CONTROL | LLAMA_TOKEN_ATTR_USER_DEFINED)) !=
         0;
}

}  // namespace

Result<GrammarStart> GrammarStart::make(const llama_vocab* vocab,
                                        const std::vector<wire::GrammarTrigger>& triggers) {
  if (triggers.empty()) {
    return fail(ErrorCode::kInvalidRequest,
                "grammar_lazy needs grammar_triggers: without one the grammar would never begin",
                "grammar_triggers");
  }
  if (triggers.size() > kMostTriggers) {
    return fail(ErrorCode::kInvalidRequest,
                fmt::format("grammar_triggers has {} entries; at most {} are allowed", triggers.size(),
                            kMostTriggers),
                "grammar_triggers");
  }
  GrammarStart start{vocab};
  for (std::size_t i = 0; i < triggers.size(); ++i) {
    if (Status added = start.add(triggers[i], fmt::format("grammar_triggers[{}]", i)); !added)
      return std::unexpected(std::move(added.error()));
  }
  return start;
}

Status GrammarStart::add(const wire::GrammarTrigger& trigger, const std::string& path) {
  if (trigger.kind == TriggerKind::kToken) return add_token(trigger, path);
  const std::string field = path + ".value";
  if (trigger.value.empty())
    return fail(ErrorCode::kInvalidRequest, fmt::format("{} must not be empty", field), field);
  if (trigger.kind == TriggerKind::kWord) {
    if (trigger.value.size() > kLongestWord) {
      return fail(
          ErrorCode::kInvalidRequest,
          fmt::format("{} has {} bytes; a word may have {}", field, trigger.value.size(), kLongestWord),
          field);
    }
    const auto token = single_token(vocab_, trigger.value);
    if (token && is_control(vocab_, *token)) {
      tokens_.push_back(*token);
    } else {
      patterns_.emplace_back(literal_pattern(trigger.value));
    }
    return {};
  }
  const bool is_full = trigger.kind == TriggerKind::kPatternFull;
  auto program = compile_pattern(is_full ? "^(?:" + trigger.value + ")$" : trigger.value);
  if (!program) {
    return fail(ErrorCode::kInvalidRequest, fmt::format("{}: {}", field, program.error().message), field);
  }
  n_pattern_steps_ += program->steps.size();
  if (n_pattern_steps_ > PatternProgram::kMostSteps) {
    return fail(ErrorCode::kInvalidRequest,
                fmt::format("the patterns up to {} have more than {} steps together", field,
                            PatternProgram::kMostSteps),
                field);
  }
  patterns_.emplace_back(std::move(*program));
  return {};
}

Status GrammarStart::add_token(const wire::GrammarTrigger& trigger, const std::string& path) {
  if (trigger.token >= 0) {
    const std::int32_t n_vocab = llama_vocab_n_tokens(vocab_);
    if (trigger.token >= n_vocab) {
      return fail(ErrorCode::kInvalidRequest,
                  fmt::format("{}.token is {}, the vocabulary has 0 to {}", path, trigger.token, n_vocab - 1),
                  path + ".token");
    }
    tokens_.push_back(trigger.token);
    return {};
  }
  const auto token = single_token(vocab_, trigger.value);
  if (!token) {
    return fail(ErrorCode::kInvalidRequest,
                fmt::format("{}.value is no single token of this model: use the type word", path),
                path + ".value");
  }
  tokens_.push_back(*token);
  return {};
}

std::optional<GrammarStart::Found> GrammarStart::feed(Token token) {
  // The end of the answer begins nothing.
  if (llama_vocab_is_eog(vocab_, token)) return std::nullopt;
  if (std::ranges::contains(tokens_, token)) return Found{.tokens = {token}, .n_skipped = 0};
  const std::string text = text_of(vocab_, token);
  heard_.push_back({.token = token, .end = (heard_.empty() ? 0 : heard_.back().end) + text.size()});
  std::optional<std::size_t> place;
  for (TriggerPattern& pattern : patterns_) {
    const auto found = pattern.feed(text);
    if (found && !place) place = found;
  }
  if (!place) return std::nullopt;
  return found_at(*place);
}

GrammarStart::Found GrammarStart::found_at(std::size_t place) const {
  const auto first = std::ranges::find_if(heard_, [place](const Heard& heard) { return heard.end > place; });
  Found found;
  for (auto it = first; it != heard_.end(); ++it) found.tokens.push_back(it->token);
  const std::size_t begin = first == heard_.begin() ? 0 : std::prev(first)->end;
  found.n_skipped = found.tokens.empty() ? 0 : place - begin;
  return found;
}

}  // namespace minerva::inference
