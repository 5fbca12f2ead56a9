#pragma once
// A chat template, parsed once and rendered many times, as Python's jinja2 does in transformers' configuration
// (docs/templates.md says what that is).
//
// Threads: immutable once made; `render` may run on several threads at once.
// Errors: kTemplateFailed. Syntax errors name line and column; `raise_exception('…')` gives its text as it is; what goes
// over a limit says which.

#include <chrono>
#include <memory>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"
#include "chat/jinja/limits.h"
#include "wire/types.h"

namespace minerva::chat::jinja {

struct Program;

// The variables of one rendering: two JSON objects, which must outlive the call. Every string and key in `untrusted` is
// marked as a message's in the output; those in `trusted` count as the template's own. Where both have a name, `trusted`
// has it. The one exception is `role` directly in an element of `messages`: where it is one of the names that chat
// templates know (system, user, assistant, tool…) it cannot carry anything, and counts as the template's.
struct RenderInput {
  const nlohmann::ordered_json& untrusted;  // messages, tools, documents, template arguments…
  const nlohmann::ordered_json& trusted;    // bos_token, eos_token, add_generation_prompt…
  std::chrono::local_seconds now{};         // wall time, for strftime_now
};

class Template {
 public:
  [[nodiscard]] static Result<Template> parse(std::string_view source, const Limits& limits = {});
  [[nodiscard]] Result<wire::PromptText> render(const RenderInput& input) const;

 private:
  Template(std::shared_ptr<const Program> program, const Limits& limits);
  std::shared_ptr<const Program> program_;
  Limits limits_;
};

}  // namespace minerva::chat::jinja
