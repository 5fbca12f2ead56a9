#include "inference/prompt_tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <climits>
#include <iterator>
#include <map>
#include <numeric>
#include <set>
#include <span>
#include <stdexcept>

namespace minerva::inference {
namespace {

using wire::Token;

constexpr int kSpecialAttributes =
    LLAMA_TOKEN_ATTR_CONTROL | LLAMA_TOKEN_ATTR_USER_DEFINED | LLAMA_TOKEN_ATTR_UNKNOWN;

// The library strips by the C locale's isspace.
bool is_space(char byte) { return std::isspace(static_cast<unsigned char>(byte)) != 0; }

bool structures_chat(std::string_view text, std::string_view chat_template) {
  if (std::ranges::all_of(text, is_space)) return false;
  const bool wrapped = text.size() > 4 && text.starts_with("<|") && text.ends_with("|>");
  return wrapped || chat_template.contains(text);
}

std::size_t first_code_point_length(std::string_view text) {
  std::size_t n = 1;
  while (n < text.size() && (static_cast<unsigned char>(text[n]) & 0xC0U) == 0x80U) ++n;
  return n;
}

}  // namespace

PromptTokenizer::PromptTokenizer(const llama_vocab* vocab, std::string_view chat_template) : vocab_{vocab} {
  for (Token token = 0; token < llama_vocab_n_tokens(vocab); ++token) {
    const int attributes = llama_vocab_get_attr(vocab, token);
    const std::string_view text = llama_vocab_get_text(vocab, token);
    if ((attributes & kSpecialAttributes) == 0 || text.empty()) continue;
    const bool ordinary =
        (attributes & LLAMA_TOKEN_ATTR_USER_DEFINED) != 0 && !structures_chat(text, chat_template);
    specials_.push_back({.token = token,
                         .text = std::string{text},
                         .guarded = !ordinary,
                         .strips_left = (attributes & LLAMA_TOKEN_ATTR_LSTRIP) != 0,
                         .strips_right = (attributes & LLAMA_TOKEN_ATTR_RSTRIP) != 0});
  }
  std::ranges::stable_sort(specials_, std::greater{},
                           [](const Special& special) { return special.text.size(); });
  by_text_.resize(specials_.size());
  std::iota(by_text_.begin(), by_text_.end(), std::size_t{0});
  std::ranges::stable_sort(by_text_, {},
                           [&](std::size_t i) -> std::string_view { return specials_[i].text; });
}

std::vector<PromptTokenizer::Match> PromptTokenizer::find_all(std::string_view text) const {
  std::vector<Match> matches;
  for (std::size_t at = 0; at < text.size(); ++at) find_at(text, at, matches);
  return matches;
}

// The texts that begin like the prompt here are one range of by_text_, which narrows byte by byte; the shortest is first.
void PromptTokenizer::find_at(std::string_view text, std::size_t at, std::vector<Match>& matches) const {
  std::span<const std::size_t> alike = by_text_;
  for (std::size_t depth = 0; !alike.empty(); ++depth) {
    for (; !alike.empty() && specials_[alike.front()].text.size() == depth; alike = alike.subspan(1)) {
      matches.push_back({.text = {at, at + depth}, .special = alike.front()});
    }
    if (at + depth == text.size()) return;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(specials_[i].text[depth]); };
    alike = std::ranges::equal_range(alike, static_cast<unsigned char>(text[at + depth]), {}, byte);
  }
}

// The library's order: each token in turn takes all its places in what is still plain text.
std::vector<PromptTokenizer::Taken> PromptTokenizer::choose(std::string_view text,
                                                            const std::vector<Match>& matches,
                                                            const std::vector<Range>& message_parts) const {
  std::vector<Match> ordered = matches;
  std::ranges::stable_sort(ordered, {}, &Match::special);
  std::map<std::size_t, Taken> taken;  // by begin; never overlapping
  const auto touches_message = [&](Range range) {
    const auto part = std::ranges::upper_bound(message_parts, range.begin, {}, &Range::end);
    return part != message_parts.end() && part->begin < range.end;
  };
  for (const auto& [range, index] : ordered) {
    const Special& special = specials_[index];
    if (special.guarded && touches_message(range)) continue;
    const auto next = taken.lower_bound(range.begin);
    const std::size_t left_limit = next == taken.begin() ? 0 : std::prev(next)->second.text.end;
    const std::size_t right_limit = next == taken.end() ? text.size() : next->first;
    if (range.begin < left_limit || range.end > right_limit) continue;
    Range whole = range;
    while (special.strips_left && whole.begin > left_limit && is_space(text[whole.begin - 1])) --whole.begin;
    while (special.strips_right && whole.end < right_limit && is_space(text[whole.end])) ++whole.end;
    taken.emplace(whole.begin, Taken{.text = whole, .token = special.token});
  }
  std::vector<Taken> result;
  for (const auto& [begin, place] : taken) result.push_back(place);
  return result;
}

Result<std::vector<Token>> PromptTokenizer::tokenize(const wire::PromptText& prompt) const {
  const std::string_view text = prompt.text;
  if (text.size() > INT32_MAX / 2)
    return fail(ErrorCode::kTokenizationFailed, "the prompt is longer than 1 GiB");
  std::vector<Range> message_parts;
  std::size_t at = 0;
  for (const wire::PromptSpan& span : prompt.spans) {
    if (span.origin == wire::Origin::kMessage && span.n_bytes > 0)
      message_parts.push_back({at, at + span.n_bytes});
    at += span.n_bytes;
  }
  if (at != text.size())
    return fail(ErrorCode::kTokenizationFailed, "the prompt's spans do not cover its text");

  const std::vector<Match> matches = find_all(text);
  const std::vector<Taken> taken = choose(text, matches, message_parts);
  // Where guarded text is not taken it must not be seen whole either.
  std::set<std::size_t> cut_set;
  for (const Match& match : matches) {
    if (specials_[match.special].guarded) {
      cut_set.insert(match.text.begin + first_code_point_length(specials_[match.special].text));
    }
  }
  const std::vector<std::size_t> cuts{cut_set.begin(), cut_set.end()};

  std::vector<Token> tokens;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= taken.size(); ++i) {
    const std::size_t end = i < taken.size() ? taken[i].text.begin : text.size();
    if (const Status plain = tokenize_stretch(text, {begin, end}, cuts, tokens); !plain) {
      return std::unexpected(plain.error());
    }
    if (i == taken.size()) break;
    tokens.push_back(taken[i].token);
    begin = taken[i].text.end;
  }
  const Token bos = llama_vocab_bos(vocab_);
  const bool wants_bos = llama_vocab_get_add_bos(vocab_) && bos != LLAMA_TOKEN_NULL;
  if (wants_bos && (tokens.empty() || tokens.front() != bos)) tokens.insert(tokens.begin(), bos);
  return tokens;
}

// Plain text between special tokens, whatever spans it crosses.
Status PromptTokenizer::tokenize_stretch(std::string_view text, Range stretch,
                                         const std::vector<std::size_t>& cuts,
                                         std::vector<Token>& tokens) const {
  std::size_t begin = stretch.begin;
  for (auto cut = std::ranges::upper_bound(cuts, stretch.begin);; ++cut) {
    const std::size_t end = cut == cuts.end() ? stretch.end : std::min(*cut, stretch.end);
    const std::string_view piece = text.substr(begin, end - begin);
    const Status done =
        begin == stretch.begin ? tokenize_plain(piece, tokens) : tokenize_continuation(piece, tokens);
    if (!done || end == stretch.end) return done;
    begin = end;
  }
}

Status PromptTokenizer::tokenize_plain(std::string_view text, std::vector<Token>& tokens) const {
  if (text.empty()) return {};
  const auto n_bytes = static_cast<std::int32_t>(text.size());
  const std::size_t n_before = tokens.size();
  // A token is at least a byte; the vocabulary may put a space in front.
  tokens.resize(n_before + text.size() + 2);
  try {
    const auto run = [&] {
      return llama_tokenize(vocab_, text.data(), n_bytes, tokens.data() + n_before,
                            static_cast<std::int32_t>(tokens.size() - n_before), false, false);
    };
    std::int32_t n = run();
    if (n < 0 && n != INT32_MIN) {
      tokens.resize(n_before + static_cast<std::size_t>(-n));
      n = run();
    }
    if (n < 0) return fail(ErrorCode::kTokenizationFailed, "the prompt is too long to be tokenized");
    tokens.resize(n_before + static_cast<std::size_t>(n));
  } catch (const std::exception& error) {
    return fail(ErrorCode::kTokenizationFailed,
                fmt::format("the prompt cannot be tokenized: {}", error.what()));
  }
  return {};
}

// The second piece of a word that was cut. A SentencePiece vocabulary puts a space before each text it is given, which
// would show in the middle of the word; behind a line break, whose tokens are then dropped, it does not.
Status PromptTokenizer::tokenize_continuation(std::string_view text, std::vector<Token>& tokens) const {
  if (llama_vocab_type(vocab_) != LLAMA_VOCAB_TYPE_SPM) return tokenize_plain(text, tokens);
  std::vector<Token> anchor;
  std::vector<Token> anchored;
  if (const Status done = tokenize_plain("\n", anchor); !done) return done;
  if (const Status done = tokenize_plain("\n" + std::string{text}, anchored); !done) return done;
  if (!std::ranges::starts_with(anchored, anchor)) return tokenize_plain(text, tokens);
  tokens.insert(tokens.end(), anchored.begin() + static_cast<std::ptrdiff_t>(anchor.size()), anchored.end());
  return {};
}

}  // namespace minerva::inference
