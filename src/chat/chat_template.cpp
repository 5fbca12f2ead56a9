#include "chat/chat_template.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "chat/jinja/template.h"
#include "chat/template_context.h"
#include "chat/template_probe.h"
#include "chat/tools/generic_tools.h"
#include "chat/tools/syntax_finder.h"
#include "chat/tools/template_texts.h"

namespace minerva::chat {
namespace {

constexpr std::string_view kDefaultTemplate =
    "{%- for message in messages -%}"
    "{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}";

// Marks the end of the message that is to be continued; private use characters, which no template treats specially.
constexpr std::string_view kContinueHere = "\xee\x80\x80minerva-continue-here\xee\x80\x81";

bool has_calls_or_results(const Conversation& conversation) {
  return std::ranges::any_of(conversation.messages, [](const ChatMessage& message) {
    return message.role == Role::kTool || !message.tool_calls.empty();
  });
}

bool is_continued(const Conversation& conversation) {
  if (conversation.messages.empty()) return false;
  const ChatMessage& last = conversation.messages.back();
  return last.role == Role::kAssistant && !last.content.empty() && last.tool_calls.empty();
}

void cut(wire::PromptText& prompt, std::size_t n_bytes) {
  prompt.text.resize(n_bytes);
  std::size_t begin = 0;
  std::size_t n_spans = 0;
  while (n_spans < prompt.spans.size() && begin < n_bytes) {
    wire::PromptSpan& span = prompt.spans[n_spans++];
    if (begin + span.n_bytes > n_bytes) span.n_bytes = static_cast<std::uint32_t>(n_bytes - begin);
    begin += span.n_bytes;
  }
  prompt.spans.resize(n_spans);
}

}  // namespace

struct ChatTemplate::Impl {
  jinja::Template parsed;
  std::string bos_text;
  std::string eos_text;
  TemplateFacts facts;
  ToolCallSyntax syntax;

  // As it stands, for the template alone.
  [[nodiscard]] Result<wire::PromptText> render_plain(const Conversation& conversation,
                                                      const RenderOptions& options) const {
    const Result<TemplateContext> context = make_context(conversation, options, facts, bos_text, eos_text);
    if (!context) return std::unexpected(context.error());
    return parsed.render({.untrusted = context->untrusted, .trusted = context->trusted, .now = options.now});
  }

  [[nodiscard]] Result<wire::PromptText> render(const Conversation& conversation,
                                                RenderOptions options) const {
    const bool tell_tools = !options.tools.empty() && (facts.generic_calls || !facts.supports_tools);
    const bool write_calls = facts.generic_calls && has_calls_or_results(conversation);
    if (!tell_tools && !write_calls) return render_plain(conversation, options);
    TemplateTexts texts;
    Conversation rewritten = conversation;
    if (tell_tools) {
      const auto tools = normalized_tools(options.tools, facts);
      if (!tools) return std::unexpected(tools.error());
      options.tools.clear();
      if (!tools->empty()) rewritten = with_tools_told(std::move(rewritten), *tools, syntax, texts);
    }
    if (write_calls) {
      if (const Status checked = check_arguments(conversation); !checked)
        return std::unexpected(checked.error());
      rewritten = with_calls_written(rewritten, texts);
    }
    Result<wire::PromptText> prompt = render_plain(rewritten, options);
    if (prompt) texts.fill(*prompt);
    return prompt;
  }

  [[nodiscard]] Result<wire::PromptText> render_continued(Conversation conversation,
                                                          RenderOptions options) const {
    options.add_generation_prompt = false;
    conversation.messages.back().content += kContinueHere;
    Result<wire::PromptText> prompt = render(conversation, options);
    if (!prompt) return prompt;
    const std::size_t end = prompt->text.rfind(kContinueHere);
    if (end == std::string::npos) {
      return fail(ErrorCode::kTemplateFailed,
                  "This model's chat template does not show the last assistant message, so it cannot be "
                  "continued. End the "
                  "conversation with a user message");
    }
    cut(*prompt, end);
    return prompt;
  }
};

ChatTemplate::ChatTemplate(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

Result<ChatTemplate> ChatTemplate::make(std::string_view source, std::string bos_text, std::string eos_text) {
  const bool is_default = source.empty();
  Result<jinja::Template> parsed = jinja::Template::parse(is_default ? kDefaultTemplate : source);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  TemplateFacts facts = probe(*parsed, bos_text, eos_text);
  facts.is_default = is_default;
  Impl impl{.parsed = std::move(*parsed),
            .bos_text = std::move(bos_text),
            .eos_text = std::move(eos_text),
            .facts = facts,
            .syntax = {}};
  const auto render = [&impl](const Conversation& conversation,
                              const RenderOptions& options) -> std::optional<std::string> {
    auto prompt = impl.render_plain(conversation, options);
    if (!prompt) return std::nullopt;
    return std::move(prompt->text);
  };
  const auto syntax = facts.supports_tool_calls ? find_syntax(render, facts) : std::nullopt;
  impl.syntax = syntax.value_or(generic_syntax());
  impl.facts.generic_calls = !syntax;
  return ChatTemplate(std::make_shared<const Impl>(std::move(impl)));
}

Result<wire::PromptText> ChatTemplate::render(const Conversation& conversation,
                                              const RenderOptions& options) const {
  return is_continued(conversation) ? impl_->render_continued(conversation, options)
                                    : impl_->render(conversation, options);
}

const TemplateFacts& ChatTemplate::facts() const { return impl_->facts; }
const ToolCallSyntax& ChatTemplate::tool_syntax() const { return impl_->syntax; }
const std::string& ChatTemplate::bos_text() const { return impl_->bos_text; }
const std::string& ChatTemplate::eos_text() const { return impl_->eos_text; }

std::chrono::local_seconds local_now() {
  const std::time_t now = std::time(nullptr);
  std::tm fields{};
  localtime_r(&now, &fields);
  return std::chrono::local_seconds(std::chrono::seconds(now + fields.tm_gmtoff));
}

}  // namespace minerva::chat
