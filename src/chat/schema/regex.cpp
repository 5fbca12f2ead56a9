#include "chat/schema/regex.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/utf8.h"

namespace minerva::chat::schema {
namespace {

CodePoints digits() { return {U'0', U'9'}; }

CodePoints word_characters() {
  CodePoints set = digits();
  set.add(U'A', U'Z');
  set.add(U'a', U'z');
  set.add(U'_', U'_');
  return set;
}

// WhiteSpace and LineTerminator of ECMA-262.
CodePoints spaces() {
  CodePoints set{U'\t', U'\r'};
  for (const char32_t each : {0x20, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF})
    set.add(each, each);
  set.add(0x2000, 0x200A);
  return set;
}

CodePoints all_but_line_ends() {
  CodePoints ends{U'\n', U'\n'};
  ends.add(U'\r', U'\r');
  ends.add(0x2028, 0x2029);
  return ends.complement();
}

std::optional<CodePoints> class_of(char32_t letter) {
  switch (letter) {
    case U'd': return digits();
    case U'D': return digits().complement();
    case U'w': return word_characters();
    case U'W': return word_characters().complement();
    case U's': return spaces();
    case U'S': return spaces().complement();
    default: return std::nullopt;
  }
}

std::optional<int> hexadecimal(char32_t digit) {
  if (digit >= U'0' && digit <= U'9') return static_cast<int>(digit - U'0');
  if (digit >= U'a' && digit <= U'f') return static_cast<int>(digit - U'a') + 10;
  if (digit >= U'A' && digit <= U'F') return static_cast<int>(digit - U'A') + 10;
  return std::nullopt;
}

// The first fault stands, and ends the reading.
class Parser {
 public:
  explicit Parser(std::u32string text) : text_{std::move(text)} {}

  Result<Regex> parse() {
    Regex whole = choice(0);
    if (!fault_ && at_ < text_.size()) refuse("a ) without its (");
    if (fault_) return std::unexpected(*fault_);
    return whole;
  }

 private:
  [[nodiscard]] bool done() const { return fault_.has_value() || at_ >= text_.size(); }
  [[nodiscard]] bool sees(std::u32string_view text) const {
    return !fault_ && std::u32string_view{text_}.substr(at_).starts_with(text);
  }
  bool take(std::u32string_view text) {
    if (!sees(text)) return false;
    at_ += text.size();
    return true;
  }
  char32_t next() {
    if (!done()) return text_[at_++];
    refuse("it ends too early");
    return 0;
  }
  void refuse(std::string_view why) {
    if (fault_) return;
    fault_ = Error{.code = ErrorCode::kInvalidRequest,
                   .message = fmt::format("at character {}: {}", at_, why),
                   .field = {}};
  }

  Regex choice(int depth) {
    Regex whole{.kind = Regex::Kind::kChoice};
    do whole.parts.push_back(sequence(depth));
    while (take(U"|"));
    return whole.parts.size() == 1 ? std::move(whole.parts.front()) : whole;
  }

  Regex sequence(int depth) {
    Regex whole;
    while (!done() && !sees(U"|") && !sees(U")")) whole.parts.push_back(repeated(atom(depth)));
    return whole;
  }

  Regex atom(int depth) {
    const char32_t letter = next();
    switch (letter) {
      case U'^': return {.kind = Regex::Kind::kBegin};
      case U'$': return {.kind = Regex::Kind::kEnd};
      case U'.': return {.kind = Regex::Kind::kSet, .set = all_but_line_ends()};
      case U'(': return group(depth);
      case U'[': return {.kind = Regex::Kind::kSet, .set = bracket()};
      case U'\\': return {.kind = Regex::Kind::kSet, .set = escape(false)};
      case U'*':
      case U'+':
      case U'?': refuse("nothing to repeat"); return {};
      default: return {.kind = Regex::Kind::kSet, .set = {letter, letter}};
    }
  }

  Regex group(int depth) {
    if (depth >= Regex::kDeepest) refuse("groups are nested too deep");
    if (sees(U"?=") || sees(U"?!") || sees(U"?<=") || sees(U"?<!"))
      refuse("lookahead and lookbehind cannot be compiled");
    if (take(U"?<")) {
      while (!done() && next() != U'>') {}
    } else if (!take(U"?:") && sees(U"?")) {
      refuse("this kind of group is unknown");
    }
    if (fault_) return {};
    Regex inner = choice(depth + 1);
    if (!take(U")")) refuse("a ( without its )");
    return inner;
  }

  Regex repeated(Regex part) {
    Regex whole{.kind = Regex::Kind::kRepeat};
    if (take(U"*")) {
      whole.most = Regex::kUnlimited;
    } else if (take(U"+")) {
      whole.least = 1;
      whole.most = Regex::kUnlimited;
    } else if (take(U"?")) {
      whole.most = 1;
    } else if (!counts(whole)) {
      return part;
    }
    take(U"?");  // what it prefers does not change what it matches
    if (part.kind == Regex::Kind::kBegin || part.kind == Regex::Kind::kEnd)
      refuse("an anchor cannot be repeated");
    whole.parts.push_back(std::move(part));
    return whole;
  }

  // "{2}", "{2,}", "{2,5}"; false when there is none.
  bool counts(Regex& whole) {
    if (!take(U"{")) return false;
    whole.least = whole.most = count();
    if (take(U",")) whole.most = sees(U"}") ? Regex::kUnlimited : count();
    if (!take(U"}")) refuse("a { that is no count; write \\{ for the character");
    if (whole.least > whole.most) refuse("a count whose end lies before its beginning");
    return true;
  }
  std::uint32_t count() {
    if (done() || !digits().contains(text_[at_])) refuse("a { that is no count; write \\{ for the character");
    std::uint32_t value = 0;
    while (!done() && digits().contains(text_[at_])) {
      value = value * 10 + (next() - U'0');
      if (value > Regex::kMostRepeats) refuse(fmt::format("a count above {}", Regex::kMostRepeats));
    }
    return value;
  }

  // What follows a backslash.
  CodePoints escape(bool in_bracket) {
    const char32_t letter = next();
    if (fault_) return {};
    if (auto set = class_of(letter)) return *set;
    const auto one = [](char32_t code_point) { return CodePoints{code_point, code_point}; };
    switch (letter) {
      case U't': return one(U'\t');
      case U'n': return one(U'\n');
      case U'r': return one(U'\r');
      case U'f': return one(U'\f');
      case U'v': return one(U'\v');
      case U'0': return one(0);
      case U'c': return one(next() % 32);
      case U'x': return one(digits_of_code(2));
      case U'u': return one(unicode_escape());
      case U'p':
      case U'P':
        refuse("Unicode properties (\\p) cannot be compiled; write the characters as a [class]");
        return {};
      case U'b':
        if (in_bracket) return one(U'\b');
        [[fallthrough]];
      case U'B': refuse("word boundaries (\\b, \\B) cannot be compiled"); return {};
      default: break;
    }
    if ((letter >= U'1' && letter <= U'9') || letter == U'k') refuse("backreferences cannot be compiled");
    if (word_characters().contains(letter)) refuse("this escape is unknown");
    return one(letter);
  }
  char32_t digits_of_code(int n) {
    char32_t code = 0;
    for (int i = 0; i < n && !fault_; ++i) {
      const auto value = hexadecimal(next());
      if (!value) refuse("a code with too few hexadecimal digits");
      code = code * 16 + static_cast<char32_t>(value.value_or(0));
    }
    return code;
  }
  char32_t unicode_escape() {
    char32_t code = 0;
    if (take(U"{")) {
      while (!done() && !take(U"}")) {
        code = code * 16 + digits_of_code(1);
        if (code > kLastCodePoint) refuse("a code above U+10FFFF");
      }
      return code;
    }
    code = digits_of_code(4);
    if (code >= 0xD800 && code <= 0xDBFF && take(U"\\u")) {
      const char32_t low = digits_of_code(4);
      if (low < 0xDC00 || low > 0xDFFF) refuse("half of a surrogate pair");
      return 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
    }
    return code;
  }

  // What follows a [.
  CodePoints bracket() {
    const bool negated = take(U"^");
    CodePoints set;
    while (!done() && !sees(U"]")) {
      const CodePoints low = member();
      if (!sees(U"-") || sees(U"-]")) {
        set.add(low);
        continue;
      }
      take(U"-");
      const CodePoints high = member();
      const auto is_one = [](const CodePoints& each) {
        return each.ranges().size() == 1 && each.ranges()[0].first == each.ranges()[0].last;
      };
      if (fault_) break;
      if (!is_one(low) || !is_one(high) || low.ranges()[0].first > high.ranges()[0].first) {
        refuse("a range whose ends are not two characters in order");
      } else {
        set.add(low.ranges()[0].first, high.ranges()[0].first);
      }
    }
    if (!take(U"]")) refuse("a [ without its ]");
    return negated ? set.complement() : set;
  }
  CodePoints member() {
    const char32_t letter = next();
    if (letter == U'\\') return escape(true);
    return {letter, letter};
  }

  std::u32string text_;
  std::size_t at_ = 0;
  std::optional<Error> fault_;
};

}  // namespace

std::u32string code_points_of(std::string_view text) {
  std::u32string code_points;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t n = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t code = n == 1 ? lead : lead & (0x7FU >> n);
    for (std::size_t k = 1; k < n && i + k < text.size(); ++k)
      code = (code << 6U) | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
    code_points.push_back(code);
    i += n;
  }
  return code_points;
}

Result<Regex> parse_regex(std::string_view pattern) {
  if (utf8::first_invalid(pattern) != std::string_view::npos)
    return fail(ErrorCode::kInvalidRequest, "it is not UTF-8");
  return Parser{code_points_of(pattern)}.parse();
}

}  // namespace minerva::chat::schema
