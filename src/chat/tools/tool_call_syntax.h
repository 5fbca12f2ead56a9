#pragma once
// How a model writes a tool call: what stands around the name and the arguments.
//
//   open  [head NAME middle ARGUMENTS tail]  between  [head NAME middle ARGUMENTS tail]  close
//
//   <tool_call>⏎  {"name": "  NAME  ", "arguments": {…}  }  ⏎</tool_call>        kObject: head, middle and tail are a JSON object's
//   <|call|>  NAME  <|args|>  {…}  <|end|>                                       kTagged: head and tail are empty
//
// Arguments are a JSON object always. Texts may have holes (marker.h). Found by syntax_finder.h from a model's template.
//
// Threads: plain values.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace minerva::chat {

struct ToolCallSyntax {
  enum class Form : std::uint8_t { kObject, kTagged };
  enum class Ids : std::uint8_t {
    kLong,     // "call_" and 24 letters and digits
    kShort,    // nine letters and digits
    kIndexed,  // the template makes them of name and number: `id_lead` NAME middle-up-to-the-number
  };

  Form form = Form::kObject;
  std::string open;  // blank: calls have no marker, an answer that begins with their object is one
  std::string head;
  std::string middle;  // between name and arguments, or arguments and name
  std::string tail;
  std::string between;              // empty: the template shows one call a turn
  std::vector<std::string> closes;  // what may stand behind the last call, any of them

  // kObject
  bool arguments_first = false;
  std::string
      wrapper_key;  // of the object inside the call's object that holds name and arguments; empty: there is none
  std::string name_key = "name";
  std::string arguments_key = "arguments";

  Ids ids = Ids::kLong;
  std::string id_lead;  // kIndexed

  friend bool operator==(const ToolCallSyntax&, const ToolCallSyntax&) = default;
};

// Hermes' form, for templates that know of no calls:  <tool_call>⏎{"name": …, "arguments": {…}}⏎</tool_call>
[[nodiscard]] ToolCallSyntax generic_syntax();

// One call, whole, as the model writes it. Holes are filled with `id` and 0.
[[nodiscard]] std::string write_call(const ToolCallSyntax& syntax, std::string_view name,
                                     std::string_view arguments, std::string_view id);

// Whether `text`, not empty, is part of what stands around calls.
[[nodiscard]] bool marks_calls(const ToolCallSyntax& syntax, std::string_view text);

}  // namespace minerva::chat
