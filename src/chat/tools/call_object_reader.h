#pragma once
// Reads a call that is a JSON object, byte by byte: {"name": "x", "arguments": {…}}, with the syntax's keys, in any order,
// among others.
//
// Threads: a value of one owner; the syntax outlives it.

#include <cstdint>
#include <optional>
#include <string>

#include "chat/tools/json_scanner.h"
#include "chat/tools/tool_call_syntax.h"

namespace minerva::chat {

class CallObjectReader {
 public:
  explicit CallObjectReader(const ToolCallSyntax& syntax) : syntax_(&syntax) {}

  enum class Step : std::uint8_t {
    kMore,
    kArguments,  // this byte belongs to the arguments
    kEnd,        // this byte ends the call's object
    kBad,        // this byte cannot stand here: nothing may be pushed after it
  };
  [[nodiscard]] Step push(char c);

  [[nodiscard]] const std::optional<std::string>& name() const { return name_; }
  // The last byte of kArguments lies inside a string.
  [[nodiscard]] bool in_string() const { return scanner_.in_string(); }
  // All of the arguments were read.
  [[nodiscard]] bool has_arguments() const { return has_arguments_; }
  // Arguments that came as a string, decoded: a JSON object's text.
  [[nodiscard]] const std::string& decoded_arguments() const { return decoded_arguments_; }

 private:
  enum class State : std::uint8_t { kObject, kKeyOrEnd, kKey, kKeyText, kColon, kValue, kValueText, kNext };

  [[nodiscard]] Step begin_value(char c);
  [[nodiscard]] Step value(char c);
  [[nodiscard]] Step next(char c);
  [[nodiscard]] bool end_value();

  const ToolCallSyntax* syntax_;
  State state_ = State::kObject;
  int depth_ = 1;  // 2 inside the wrapper
  JsonScanner scanner_;
  std::string key_;    // its JSON text, then the key
  std::string value_;  // the JSON text of a value that is kept: name, or arguments that are no object
  bool is_arguments_ = false;
  bool is_kept_ = false;
  std::optional<std::string> name_;
  bool has_arguments_ = false;
  std::string decoded_arguments_;
};

}  // namespace minerva::chat
