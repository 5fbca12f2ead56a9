#pragma once
// A model's chat template: a conversation goes in, the prompt's text comes out, each byte marked as the template's or as
// a message's (see docs/templates.md).
//
// BOS: rendering adds nothing. Many templates begin with `{{ bos_token }}`, many leave it to the tokenizer, so whoever
// tokenizes looks at the text: when it begins with `bos_text()` the prompt has its BOS, and the tokenizer must not add
// another; otherwise the tokenizer does what the model's vocabulary says.
//
// Threads: immutable once made; `render` may run on several threads at once.
// Errors: kTemplateFailed (the template does not parse, raises, or goes over its limits; the message says which),
// kInvalidRequest naming `tools`, `chat_template_kwargs` or `messages[i].tool_calls[j].function.arguments` when that
// text is not the JSON it should be.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "chat/conversation.h"
#include "chat/tools/tool_call_syntax.h"
#include "wire/types.h"

namespace minerva::chat {

// What the template does with a conversation, found by rendering small probes when the template is made.
struct TemplateFacts {
  bool supports_system = true;       // false: the system text is merged into the first user message
  bool supports_tools = false;       // a tool definition changes the prompt
  bool supports_tool_calls = false;  // an assistant's tool call shows in the prompt
  bool supports_thinking = false;    // `enable_thinking` (or `thinking`) changes the prompt
  bool arguments_as_text = false;    // tool call arguments must be JSON text, not an object
  bool short_tool_call_ids = false;  // tool call ids must have nine letters and digits (Mistral)
  bool null_call_content = false;    // an assistant's calls show only when its content is null (DeepSeek R1)
  bool needs_tool_description = false;  // a tool without a description is an error
  bool generic_calls = false;  // calls and results are written in the generic form (docs/templates.md)
  bool is_default = false;     // the model has no template: ChatML stands in
};

struct RenderOptions {
  bool add_generation_prompt =
      true;  // ignored when the last message is an assistant's that is to be continued
  std::optional<bool>
      enable_thinking{};          // passed as `enable_thinking` and `thinking`; unset: neither is defined
  std::string tools{};            // JSON text: array of {"type": "function", "function": {...}}; empty: none
  std::string template_kwargs{};  // JSON text: object of further variables; empty: none
  std::chrono::local_seconds
      now{};  // what the template's `strftime_now` shows: wall time in the server's zone
};

// The server's wall time, for RenderOptions::now.
[[nodiscard]] std::chrono::local_seconds local_now();

class ChatTemplate {
 public:
  // `source` is the GGUF's `tokenizer.chat_template`; empty means that the model has none and gets ChatML
  // (`<|im_start|>role\ncontent<|im_end|>\n`), the form that most models without a template were trained on.
  [[nodiscard]] static Result<ChatTemplate> make(std::string_view source, std::string bos_text,
                                                 std::string eos_text);

  [[nodiscard]] Result<wire::PromptText> render(const Conversation& conversation,
                                                const RenderOptions& options) const;

  [[nodiscard]] const TemplateFacts& facts() const;
  // How the model writes tool calls when it was told of tools in a prompt of this template.
  [[nodiscard]] const ToolCallSyntax& tool_syntax() const;
  [[nodiscard]] const std::string& bos_text() const;
  [[nodiscard]] const std::string& eos_text() const;

 private:
  struct Impl;
  explicit ChatTemplate(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;
};

}  // namespace minerva::chat
