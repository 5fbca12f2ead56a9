#include "chat/jinja/lexer.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/utf8.h"
#include "chat/jinja/lexer_literals.h"
#include "chat/jinja/unicode.h"

namespace minerva::chat::jinja {
namespace {

struct Operator {
  std::string_view text;
  TokenKind kind;
};
// Longer ones first.
constexpr std::array kOperators = {
    Operator{"//", TokenKind::kFloorDiv},    Operator{"**", TokenKind::kPow},
    Operator{"==", TokenKind::kEq},          Operator{"!=", TokenKind::kNe},
    Operator{">=", TokenKind::kGe},          Operator{"<=", TokenKind::kLe},
    Operator{"+", TokenKind::kAdd},          Operator{"-", TokenKind::kSub},
    Operator{"*", TokenKind::kMul},          Operator{"/", TokenKind::kDiv},
    Operator{"%", TokenKind::kMod},          Operator{"~", TokenKind::kTilde},
    Operator{">", TokenKind::kGt},           Operator{"<", TokenKind::kLt},
    Operator{"=", TokenKind::kAssign},       Operator{"(", TokenKind::kLeftParen},
    Operator{")", TokenKind::kRightParen},   Operator{"[", TokenKind::kLeftBracket},
    Operator{"]", TokenKind::kRightBracket}, Operator{"{", TokenKind::kLeftBrace},
    Operator{"}", TokenKind::kRightBrace},   Operator{".", TokenKind::kDot},
    Operator{":", TokenKind::kColon},        Operator{"|", TokenKind::kPipe},
    Operator{",", TokenKind::kComma},        Operator{";", TokenKind::kSemicolon}};

std::string normalized(std::string_view source) {
  std::string result;
  result.reserve(source.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    const bool is_pair = source[i] == '\r' && i + 1 < source.size() && source[i + 1] == '\n';
    if (is_pair) continue;
    result += source[i] == '\r' ? '\n' : source[i];
  }
  if (result.ends_with('\n')) result.pop_back();
  return utf8::first_invalid(result) == std::string::npos ? result : utf8::sanitize(result);
}

bool is_sign(char c) { return c == '-' || c == '+'; }

class Lexer {
 public:
  explicit Lexer(std::string source) : source_(std::move(source)), rest_(source_) {}

  Result<std::vector<Token>> run() {
    while (!error_ && at_ < rest_.size()) template_text();
    if (error_) return std::unexpected(std::move(*error_));
    add(TokenKind::kEnd, "");
    return std::move(tokens_);
  }

 private:
  // --- between tags

  void template_text() {
    std::size_t found = at_;
    for (found = rest_.find('{', found); found != std::string_view::npos;
         found = rest_.find('{', found + 1)) {
      const char kind = char_at(found + 1);
      if (kind == '{' || kind == '%' || kind == '#') break;
    }
    if (found == std::string_view::npos) {
      add_data(rest_.substr(at_));
      at_ = rest_.size();
      return;
    }
    const char kind = char_at(found + 1);
    const char sign = is_sign(char_at(found + 2)) ? char_at(found + 2) : '\0';
    const std::optional<std::size_t> raw = kind == '%' ? raw_begin(found) : std::nullopt;
    add_data(before_tag(at_, found, sign, kind == '{'));
    at_ = found;
    if (raw) {
      raw_text(*raw);
    } else if (kind == '#') {
      comment(found + (sign != 0 ? 3 : 2));
    } else {
      tag(kind, found + (sign != 0 ? 3 : 2));
    }
  }

  // The text of [begin, end) as the tag behind it leaves it.
  std::string_view before_tag(std::size_t begin, std::size_t end, char sign, bool is_variable) const {
    const std::string_view text = rest_.substr(begin, end - begin);
    if (sign == '-') return text.substr(0, trimmed_length(text));
    if (sign == '+' || is_variable) return text;
    const std::size_t line_start = text.rfind('\n') == std::string_view::npos ? 0 : text.rfind('\n') + 1;
    if (line_start == 0 && !line_starting_) return text;
    return trimmed_length(text.substr(line_start)) == 0 ? text.substr(0, line_start) : text;
  }

  static std::size_t trimmed_length(std::string_view text) {
    std::size_t end = text.size();
    while (end > 0) {
      std::size_t at = unicode::previous(text, end);
      const std::size_t before = at;
      if (!unicode::is_space(unicode::next(text, at))) break;
      end = before;
    }
    return end;
  }

  std::size_t skip_space(std::size_t at) const {
    while (at < rest_.size()) {
      std::size_t after = at;
      if (!unicode::is_space(unicode::next(rest_, after))) break;
      at = after;
    }
    return at;
  }

  // Where a tag's end that begins at `at` stops, by its sign: '-' takes all white space behind it, none one newline.
  std::optional<std::size_t> tag_end(std::size_t at, std::string_view closing, bool plus_allowed,
                                     bool trims_newline) const {
    const char sign = is_sign(char_at(at)) ? char_at(at) : '\0';
    if (sign == '+' && !plus_allowed) return std::nullopt;
    const std::size_t close = at + (sign != 0 ? 1 : 0);
    if (!rest_.substr(std::min(close, rest_.size())).starts_with(closing)) return std::nullopt;
    const std::size_t end = close + closing.size();
    if (sign == '-') return skip_space(end);
    return sign == 0 && trims_newline && char_at(end) == '\n' ? end + 1 : end;
  }

  // --- {% raw %}

  std::optional<std::size_t> raw_begin(std::size_t at) const {
    at += is_sign(char_at(at + 2)) ? 3 : 2;
    at = skip_space(at);
    if (!rest_.substr(at).starts_with("raw")) return std::nullopt;
    return tag_end(skip_space(at + 3), "%}", false, false);
  }

  void raw_text(std::size_t begin) {
    line_starting_ = rest_[begin - 1] == '\n';
    for (std::size_t found = rest_.find("{%", begin); found != std::string_view::npos;
         found = rest_.find("{%", found + 1)) {
      const char sign = is_sign(char_at(found + 2)) ? char_at(found + 2) : '\0';
      const std::size_t name = skip_space(found + (sign != 0 ? 3 : 2));
      if (!rest_.substr(name).starts_with("endraw")) continue;
      const std::optional<std::size_t> end = tag_end(skip_space(name + 6), "%}", true, true);
      if (!end) continue;
      at_ = begin;
      add_data(before_tag(begin, found, sign, false));
      move_behind_tag(*end);
      return;
    }
    fail("Missing end of raw directive", at_);
  }

  void comment(std::size_t begin) {
    const std::size_t close = rest_.find("#}", begin);
    if (close == std::string_view::npos) {
      fail("Missing end of comment tag", at_);
      return;
    }
    const bool is_signed = close > begin && is_sign(rest_[close - 1]);
    move_behind_tag(*tag_end(close - (is_signed ? 1 : 0), "#}", true, true));
  }

  void move_behind_tag(std::size_t end) {
    line_starting_ = rest_[end - 1] == '\n';
    at_ = end;
  }

  // --- inside of {{ }} and {% %}

  void tag(char kind, std::size_t begin) {
    add(kind == '{' ? TokenKind::kVariableBegin : TokenKind::kBlockBegin, rest_.substr(at_, begin - at_));
    at_ = begin;
    open_.clear();
    while (!error_) {
      at_ = skip_space(at_);
      if (at_ >= rest_.size()) return;
      if (open_.empty()) {
        const std::optional<std::size_t> end =
            kind == '{' ? tag_end(at_, "}}", false, false) : tag_end(at_, "%}", true, true);
        if (end) {
          add(kind == '{' ? TokenKind::kVariableEnd : TokenKind::kBlockEnd, rest_.substr(at_, *end - at_));
          move_behind_tag(*end);
          return;
        }
      }
      expression_token();
    }
  }

  void expression_token() {
    const std::string_view text = rest_.substr(at_);
    const bool after_dot = at_ > 0 && rest_[at_ - 1] == '.';
    if (const std::size_t n = after_dot ? 0 : float_length(text); n > 0) {
      take(TokenKind::kFloat, n);
    } else if (const std::size_t digits = integer_length(text); digits > 0) {
      take(TokenKind::kInteger, digits);
    } else if (const std::size_t name = name_length(text); name > 0) {
      if (!is_identifier_start(text)) {
        fail("Invalid character in identifier", at_);
        return;
      }
      take(TokenKind::kName, name);
    } else if (const std::size_t quoted = string_length(text); quoted > 0) {
      string_token(text.substr(1, quoted - 2), quoted);
    } else {
      operator_token(text);
    }
  }

  void string_token(std::string_view inner, std::size_t n) {
    Result<std::string> value = unescape(inner);
    if (!value) {
      fail(value.error().message, at_);
      return;
    }
    add(TokenKind::kString, *value);
    at_ += n;
  }

  void operator_token(std::string_view text) {
    const auto* found =
        std::ranges::find_if(kOperators, [&](const Operator& op) { return text.starts_with(op.text); });
    if (found == kOperators.end()) {
      fail("unexpected char '" + std::string(text.substr(0, unicode::width_at(text, 0))) + "'", at_);
      return;
    }
    constexpr std::string_view kOpening = "([{";
    constexpr std::string_view kClosing = ")]}";
    const char c = text.front();
    if (kOpening.contains(c)) {
      open_ += kClosing[kOpening.find(c)];
    } else if (kClosing.contains(c)) {
      if (open_.empty() || open_.back() != c) {
        fail("unexpected '" + std::string(1, c) + "'" +
                 (open_.empty() ? "" : ", expected '" + std::string(1, open_.back()) + "'"),
             at_);
        return;
      }
      open_.pop_back();
    }
    take(found->kind, found->text.size());
  }

  // --- tokens

  [[nodiscard]] char char_at(std::size_t at) const { return at < rest_.size() ? rest_[at] : '\0'; }

  void take(TokenKind kind, std::size_t n) {
    add(kind, rest_.substr(at_, n));
    at_ += n;
  }

  void add_data(std::string_view text) {
    if (!text.empty()) add(TokenKind::kData, text);
  }

  void add(TokenKind kind, std::string_view text) {
    find_line(at_);
    tokens_.push_back({.kind = kind, .text = std::string(text), .line = line_, .column = column_});
  }

  void find_line(std::size_t at) {
    for (; counted_ < at; ++counted_) {
      const bool is_newline = rest_[counted_] == '\n';
      line_ += is_newline ? 1 : 0;
      column_ = is_newline ? 1 : column_ + 1;
    }
  }

  void fail(const std::string& message, std::size_t at) {
    find_line(at);
    error_ = syntax_error(message, line_, column_);
  }

  std::string source_;
  std::string_view rest_;
  std::size_t at_ = 0;
  bool line_starting_ = true;
  std::string open_;  // the closing brackets still to come, innermost last
  std::vector<Token> tokens_;
  std::optional<Error> error_;
  std::size_t counted_ = 0;
  std::uint32_t line_ = 1;
  std::uint32_t column_ = 1;
};

}  // namespace

Error syntax_error(const std::string& message, std::uint32_t line, std::uint32_t column) {
  return {.code = ErrorCode::kTemplateFailed,
          .message = message + " (chat template, line " + std::to_string(line) + ", column " +
                     std::to_string(column) + ")",
          .field = {}};
}

std::string describe(const Token& token) {
  switch (token.kind) {
    case TokenKind::kEnd: return "end of template";
    case TokenKind::kData: return "template data";
    case TokenKind::kBlockBegin: return "begin of statement block";
    case TokenKind::kBlockEnd: return "end of statement block";
    case TokenKind::kVariableBegin: return "begin of print statement";
    case TokenKind::kVariableEnd: return "end of print statement";
    default: return "'" + token.text + "'";
  }
}

Result<std::vector<Token>> tokenize(std::string_view source) { return Lexer(normalized(source)).run(); }

}  // namespace minerva::chat::jinja
