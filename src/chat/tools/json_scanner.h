#pragma once
// One JSON value, byte by byte: says after each byte whether the value may still become whole, is whole, or is none.
//
// RFC 8259, but for two things: control characters inside strings are let through (models write line breaks there; who
// passes the text on escapes them), and nesting ends at kMaxDepth. Threads: a value of one owner.

#include <cstdint>
#include <string>

namespace minerva::chat {

class JsonScanner {
 public:
  static constexpr std::size_t kMaxDepth = 64;

  enum class Step : std::uint8_t {
    kMore,
    kDone,         // the value ends with this byte
    kEndedBefore,  // the value, a number, had ended: this byte is not part of it
    kBad,
  };

  // Not to be called after any step but kMore.
  [[nodiscard]] Step push(char c);

  [[nodiscard]] bool in_string() const { return state_ == State::kString; }

 private:
  enum class State : std::uint8_t {
    kValue,
    kItemOrEnd,
    kKeyOrEnd,
    kKey,
    kColon,
    kNext,
    kString,
    kEscape,
    kHex,
    kLiteral,
    kMinus,
    kZero,
    kInteger,
    kPoint,
    kFraction,
    kExponent,
    kExponentSign,
    kExponentDigits,
  };

  [[nodiscard]] Step begin_value(char c);
  [[nodiscard]] Step open(char bracket);
  [[nodiscard]] Step end_value();
  [[nodiscard]] Step next(char c);
  [[nodiscard]] Step string(char c);
  [[nodiscard]] Step number(char c);
  [[nodiscard]] Step go(State state);

  State state_ = State::kValue;
  std::string open_;     // brackets that are open, outermost first
  bool is_key_ = false;  // the string that is being read
  int n_hex_ = 0;
  const char* literal_ = "";  // what is still to come of true, false or null
};

}  // namespace minerva::chat
