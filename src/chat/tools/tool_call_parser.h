#pragma once
// Finds the tool calls in an answer while it streams.
//
//   kContent ──open──► kObject ───────────────┬──end of the call──► kAfter ──between, open──► (kObject | kName)
//      ▲       └─────► kName ► kMiddle ► kArguments                   │
//      └── what cannot be a call: its text is content ◄───────────────┴── close, or anything else
//
// - Text is held back while it may begin a call, and white space while a call may follow; white space beside calls is
//   nobody's. A call is announced when its name is known and its arguments begin; from then on arguments go out as they come.
// - What breaks off or breaks down before that is content, to the letter. A call whose arguments break down later keeps
//   what was told, and the rest is content. Nothing is an error.
// - A syntax without an opening marker has calls at the beginning of an answer only, and only of tools that were offered.
// - The result depends on the text, not on how it is cut into pieces.
//
// Threads: a value of one owner.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/tools/call_object_reader.h"
#include "chat/tools/json_scanner.h"
#include "chat/tools/tool_call_syntax.h"
#include "chat/tools/tool_event.h"

namespace minerva::chat {

struct ToolCallParserOptions {
  std::vector<std::string> tools{};  // that were offered
  bool single = false;               // the answer ends with its first call; what follows is dropped
  // An id for a call that the syntax gives none.
  std::function<std::string()> make_id{};
};

class ToolCallParser {
 public:
  ToolCallParser(ToolCallSyntax syntax, ToolCallParserOptions options);
  ToolCallParser(const ToolCallParser&) = delete;  // the reader points into the syntax
  ToolCallParser& operator=(const ToolCallParser&) = delete;

  // Whole code points in, whole code points out.
  [[nodiscard]] std::vector<ToolEvent> feed(std::string_view text);
  // The answer's end: what was held back.
  [[nodiscard]] std::vector<ToolEvent> finish();

  // That were announced.
  [[nodiscard]] std::uint32_t n_calls() const { return n_calls_; }
  // With `single`, after the first call: nothing else comes.
  [[nodiscard]] bool done() const { return state_ == State::kDone; }

 private:
  enum class State : std::uint8_t { kContent, kObject, kName, kMiddle, kArguments, kAfter, kDone };

  void run();
  void step(char c);
  void settle_content();
  void settle_after();
  void begin_call(std::string text);
  void go_on_with(std::string_view text);
  void give_up();
  void step_object(char c);
  void step_name(char c);
  void step_middle(char c);
  void step_arguments(char c);
  void break_off(char c);
  [[nodiscard]] bool announce();
  void end_call();
  void add_content(std::string_view text);
  void add_argument(char c, bool in_string);
  void add_arguments(std::string_view text);

  const ToolCallSyntax syntax_;
  const ToolCallParserOptions options_;
  const bool is_marked_;
  State state_ = State::kContent;
  std::string todo_;  // text that is still to be read, from todo_at_ on
  std::size_t todo_at_ = 0;
  std::string held_;       // kContent, kMiddle, kAfter: text that may become a marker
  std::string call_text_;  // of a call that is not announced, from the white space before it on
  bool only_content_ = false;
  std::uint32_t n_calls_ = 0;
  bool announced_ = false;
  std::string name_;
  std::string index_;            // that the text gave, kIndexed
  std::string early_arguments_;  // that came before the name
  CallObjectReader reader_;
  JsonScanner scanner_;
  std::vector<ToolEvent> events_;
};

}  // namespace minerva::chat
