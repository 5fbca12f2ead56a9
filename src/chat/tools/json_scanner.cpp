#include "chat/tools/json_scanner.h"

#include <cctype>
#include <string_view>

namespace minerva::chat {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

JsonScanner::Step JsonScanner::push(char c) {
  switch (state_) {
    case State::kValue: return is_space(c) ? Step::kMore : begin_value(c);
    case State::kItemOrEnd:
      if (is_space(c)) return Step::kMore;
      if (c != ']') return begin_value(c);
      open_.pop_back();
      return end_value();
    case State::kKeyOrEnd:
      if (c == '}') {
        open_.pop_back();
        return end_value();
      }
      [[fallthrough]];
    case State::kKey:
      if (is_space(c)) return Step::kMore;
      if (c != '"') return Step::kBad;
      is_key_ = true;
      return go(State::kString);
    case State::kColon:
      if (is_space(c)) return Step::kMore;
      return c == ':' ? go(State::kValue) : Step::kBad;
    case State::kNext: return is_space(c) ? Step::kMore : next(c);
    case State::kString:
    case State::kEscape:
    case State::kHex: return string(c);
    case State::kLiteral:
      if (c != *literal_) return Step::kBad;
      ++literal_;
      return *literal_ == '\0' ? end_value() : Step::kMore;
    default: return number(c);
  }
}

JsonScanner::Step JsonScanner::go(State state) {
  state_ = state;
  return Step::kMore;
}

JsonScanner::Step JsonScanner::begin_value(char c) {
  switch (c) {
    case '{':
    case '[': return open(c);
    case '"': is_key_ = false; return go(State::kString);
    case 't': literal_ = "rue"; return go(State::kLiteral);
    case 'f': literal_ = "alse"; return go(State::kLiteral);
    case 'n': literal_ = "ull"; return go(State::kLiteral);
    case '-': return go(State::kMinus);
    case '0': return go(State::kZero);
    default: return is_digit(c) ? go(State::kInteger) : Step::kBad;
  }
}

JsonScanner::Step JsonScanner::open(char bracket) {
  if (open_.size() == kMaxDepth) return Step::kBad;
  open_ += bracket;
  return go(bracket == '{' ? State::kKeyOrEnd : State::kItemOrEnd);
}

JsonScanner::Step JsonScanner::end_value() {
  state_ = State::kNext;
  return open_.empty() ? Step::kDone : Step::kMore;
}

JsonScanner::Step JsonScanner::next(char c) {
  const bool in_object = open_.back() == '{';
  if (c == ',') return go(in_object ? State::kKey : State::kValue);
  if (c != (in_object ? '}' : ']')) return Step::kBad;
  open_.pop_back();
  return end_value();
}

JsonScanner::Step JsonScanner::string(char c) {
  if (state_ == State::kEscape) {
    n_hex_ = 4;
    if (c == 'u') return go(State::kHex);
    return std::string_view("\"\\/bfnrt").contains(c) ? go(State::kString) : Step::kBad;
  }
  if (state_ == State::kHex) {
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0) return Step::kBad;
    return --n_hex_ == 0 ? go(State::kString) : Step::kMore;
  }
  if (c == '\\') return go(State::kEscape);
  if (c != '"') return Step::kMore;
  return is_key_ ? go(State::kColon) : end_value();
}

JsonScanner::Step JsonScanner::number(char c) {
  const bool digit = is_digit(c);
  const bool exponent = c == 'e' || c == 'E';
  switch (state_) {
    case State::kMinus:
      if (!digit) return Step::kBad;
      return go(c == '0' ? State::kZero : State::kInteger);
    case State::kInteger:
      if (digit) return Step::kMore;
      [[fallthrough]];
    case State::kZero:
      if (c == '.') return go(State::kPoint);
      if (exponent) return go(State::kExponent);
      break;
    case State::kPoint: return digit ? go(State::kFraction) : Step::kBad;
    case State::kFraction:
      if (digit) return Step::kMore;
      if (exponent) return go(State::kExponent);
      break;
    case State::kExponent:
      if (c == '+' || c == '-') return go(State::kExponentSign);
      [[fallthrough]];
    case State::kExponentSign: return digit ? go(State::kExponentDigits) : Step::kBad;
    default:
      if (digit) return Step::kMore;
      break;
  }
  // The number has ended; the byte belongs to what holds it.
  state_ = State::kNext;
  if (open_.empty()) return Step::kEndedBefore;
  return is_space(c) ? Step::kMore : next(c);
}

}  // namespace minerva::chat
