#include "inference/pattern_tree.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string>
#include <utility>

namespace minerva::inference {
namespace {

using Node = PatternNode;
using Assertion = PatternNode::Assertion;

ByteSet range(unsigned char first, unsigned char last) {
  ByteSet set;
  for (unsigned byte = first; byte <= last; ++byte) set.set(byte);
  return set;
}

ByteSet one(unsigned char byte) { return range(byte, byte); }

ByteSet word_bytes() { return range('a', 'z') | range('A', 'Z') | range('0', '9') | one('_'); }

// The set of \d, \s, \w and their complements.
std::optional<ByteSet> named_set(char letter) {
  switch (letter) {
    case 'd': return range('0', '9');
    case 'D': return ~range('0', '9');
    case 'w': return word_bytes();
    case 'W': return ~word_bytes();
    case 's': return range('\t', '\r') | one(' ');
    case 'S': return ~(range('\t', '\r') | one(' '));
    default: return std::nullopt;
  }
}

// Of the basic plane, which is what four digits reach.
void append_utf8(std::string& bytes, char32_t code) {
  const auto add = [&](char32_t byte) { bytes.push_back(static_cast<char>(byte)); };
  if (code < 0x80) return add(code);
  if (code < 0x800) {
    add(0xC0 | code >> 6U);
  } else {
    add(0xE0 | code >> 12U);
    add(0x80 | (code >> 6U & 0x3F));
  }
  add(0x80 | (code & 0x3F));
}

Node set_node(ByteSet set) { return {.type = Node::Type::kSet, .set = set}; }

// The first error stands; after it the text counts as read, and the tree means nothing.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_{text} {}

  Node parse() {
    Node node = choice(0);
    if (!done()) refuse("a ) without its (");
    return node;
  }
  [[nodiscard]] std::uint32_t n_groups() const { return n_groups_; }
  [[nodiscard]] const std::optional<std::string>& error() const { return error_; }

 private:
  void refuse(std::string_view what) {
    if (!error_) error_ = fmt::format("at byte {}: {}", at_, what);
    at_ = text_.size();
  }
  [[nodiscard]] bool done() const { return at_ == text_.size(); }
  [[nodiscard]] bool next_is(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  bool take(std::string_view what) {
    if (!next_is(what)) return false;
    at_ += what.size();
    return true;
  }
  char take_any(std::string_view instead_of_the_end) {
    if (!done()) return text_[at_++];
    refuse(instead_of_the_end);
    return ' ';
  }

  Node choice(int depth) {
    if (depth > PatternTree::kDeepest) refuse("groups within groups too deep");
    Node node{.type = Node::Type::kChoice};
    do {
      Node sequence{.type = Node::Type::kSequence};
      while (!done() && !next_is("|") && !next_is(")")) sequence.parts.push_back(repeated(depth));
      node.parts.push_back(std::move(sequence));
    } while (take("|"));
    return node;
  }

  Node repeated(int depth) {
    Node node = atom(depth);
    Node repeat{.type = Node::Type::kRepeat};
    if (take("*")) {
      repeat.most = Node::kUnlimited;
    } else if (take("+")) {
      repeat.least = 1;
      repeat.most = Node::kUnlimited;
    } else if (take("?")) {
      repeat.most = 1;
    } else if (take("{")) {
      bounds(repeat);
    } else {
      return node;
    }
    if (node.type == Node::Type::kAssertion) refuse("nothing that could be repeated before this");
    repeat.lazy = take("?");
    repeat.parts.push_back(std::move(node));
    return repeat;
  }

  void bounds(Node& repeat) {
    repeat.least = number();
    repeat.most = repeat.least;
    if (take(",")) repeat.most = next_is("}") ? Node::kUnlimited : number();
    if (!take("}")) refuse("a { without its }; the character itself is \\{");
    if (repeat.most < repeat.least) refuse("the bounds of this repetition are in the wrong order");
  }

  std::uint32_t number() {
    std::uint32_t value = 0;
    const char* begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error == std::errc{} && value <= PatternTree::kMostRepeats) {
      at_ += static_cast<std::size_t>(end - begin);
      return value;
    }
    refuse(fmt::format("a number from 0 to {} is needed here; the character {{ itself is \\{{",
                       PatternTree::kMostRepeats));
    return 0;
  }

  Node atom(int depth) {
    if (take("(")) return group(depth);
    if (take("[")) return set_node(byte_class());
    if (take(".")) return set_node(~(one('\n') | one('\r')));
    if (take("^")) return {.type = Node::Type::kAssertion, .assertion = Assertion::kAtBegin};
    if (take("$")) return {.type = Node::Type::kAssertion, .assertion = Assertion::kAtEnd};
    if (take("\\")) return escape();
    for (const char* what : {"*", "+", "?", "{"}) {
      if (next_is(what)) refuse(fmt::format("nothing that could be repeated before this {}", what));
    }
    if (done()) return {};
    return set_node(one(static_cast<unsigned char>(text_[at_++])));
  }

  Node group(int depth) {
    if (next_is("?=") || next_is("?!")) refuse("lookahead is not supported");
    Node node{.type = Node::Type::kGroup};
    if (!take("?:")) {
      if (next_is("?")) refuse("no such kind of group");
      node.group = n_groups_++;
      if (n_groups_ > PatternTree::kMostGroups) refuse("too many groups");
    }
    node.parts.push_back(choice(depth + 1));
    if (!take(")")) refuse("a ( without its )");
    return node;
  }

  Node escape() {
    const char letter = take_any("nothing after the last \\");
    if (const auto set = named_set(letter)) return set_node(*set);
    if (letter == 'b') return {.type = Node::Type::kAssertion, .assertion = Assertion::kAtWord};
    if (letter == 'B') return {.type = Node::Type::kAssertion, .assertion = Assertion::kNotAtWord};
    if (letter >= '1' && letter <= '9') refuse("backreferences are not supported");
    Node sequence{.type = Node::Type::kSequence};
    for (const char byte : escaped(letter))
      sequence.parts.push_back(set_node(one(static_cast<unsigned char>(byte))));
    return sequence;
  }

  // The bytes of the character that the letter after a backslash stands for.
  std::string escaped(char letter) {
    switch (letter) {
      case 't': return "\t";
      case 'n': return "\n";
      case 'v': return "\v";
      case 'f': return "\f";
      case 'r': return "\r";
      case '0': return std::string(1, '\0');
      case 'x': return std::string(1, static_cast<char>(hexadecimal(2)));
      case 'u': {
        std::string bytes;
        append_utf8(bytes, hexadecimal(4));
        return bytes;
      }
      default: break;
    }
    if (is_word_byte(static_cast<unsigned char>(letter))) refuse("no such escape");
    return std::string(1, letter);
  }

  char32_t hexadecimal(std::size_t n_digits) {
    std::uint32_t value = 0;
    const std::string_view digits = text_.substr(at_, n_digits);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() == n_digits && error == std::errc{} && end == digits.data() + n_digits) {
      at_ += n_digits;
    } else {
      refuse(fmt::format("{} hexadecimal digits are needed here", n_digits));
    }
    return static_cast<char32_t>(value);
  }

  ByteSet byte_class() {
    const bool negated = take("^");
    ByteSet set;
    while (!error_ && !take("]")) {
      if (next_is("[:") || next_is("[.") || next_is("[=")) refuse("classes with names are not supported");
      const auto [members, first] = class_member();
      const bool is_range = first && next_is("-") && !next_is("-]");
      if (!is_range) {
        set |= members;
        continue;
      }
      ++at_;
      const auto last = class_member().second;
      if (last && *first <= *last) {
        set |= range(*first, *last);
      } else {
        refuse("this range has no end, or ends before it begins");
      }
    }
    return negated ? ~set : set;
  }

  // The bytes of one member of a class, and the byte if it is one.
  std::pair<ByteSet, std::optional<unsigned char>> class_member() {
    const char letter = take_any("a [ without its ]");
    auto byte = static_cast<unsigned char>(letter);
    if (letter == '\\') {
      const char escape = take_any("nothing after the last \\");
      if (const auto set = named_set(escape)) return {*set, std::nullopt};
      const std::string bytes = escape == 'b' ? "\b" : escaped(escape);
      if (bytes.size() != 1) refuse("a class holds bytes, and this character has several");
      byte = static_cast<unsigned char>(bytes.front());  // never empty
    }
    return {one(byte), byte};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t n_groups_ = 1;
  std::optional<std::string> error_;
};

}  // namespace

bool is_word_byte(unsigned char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
         byte == '_';
}

Result<PatternTree> parse_pattern(std::string_view pattern) {
  Parser parser{pattern};
  PatternTree tree{.root = parser.parse(), .n_groups = parser.n_groups()};
  if (parser.error()) {
    return fail(ErrorCode::kInvalidRequest,
                fmt::format("this regular expression cannot be used: {}", *parser.error()));
  }
  return tree;
}

}  // namespace minerva::inference
