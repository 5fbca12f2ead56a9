#include "chat/template_probe.h"

#include <optional>
#include <utility>

#include "chat/template_context.h"

namespace minerva::chat {
namespace {

// Words that no template has of its own.
constexpr const char* kSystemText = "Probe-system-51";
constexpr const char* kUserText = "Probe-user-52";
constexpr const char* kToolName = "probe_tool_53";
constexpr const char* kTools =
    R"([{"type":"function","function":{"name":"probe_tool_53","description":"Probe.","parameters":{"type":"object",)"
    R"("properties":{"key":{"type":"string","description":"Probe."}},"required":["key"]}}}])";
constexpr const char* kBareTools =
    R"([{"type":"function","function":{"name":"probe_tool_53","parameters":{"type":"object","properties":{}}}}])";
constexpr const char* kArguments = R"({"probe_key_56": "probe-value-55"})";
constexpr const char* kArgument = "probe-value-55";
constexpr const char* kLongId = "call_probe_54";
constexpr const char* kShortId = "probe0054";

class Prober {
 public:
  Prober(const jinja::Template& parsed, const std::string& bos_text, const std::string& eos_text)
      : parsed_(parsed), bos_text_(bos_text), eos_text_(eos_text) {}

  TemplateFacts run() {
    const Conversation plain{{user()}};
    const std::optional<std::string> base = render(plain, {});
    const std::optional<std::string> with_system = render({{system(), user()}}, {});
    facts_.supports_system = !base || (with_system && with_system->contains(kSystemText));
    const std::optional<std::string> with_tools = render(plain, {.tools = kTools});
    facts_.supports_tools = with_tools && with_tools != base;
    facts_.needs_tool_description = facts_.supports_tools && !render(plain, {.tools = kBareTools});
    probe_tool_calls();
    const std::optional<std::string> thinking = render(plain, {.enable_thinking = true});
    const std::optional<std::string> not_thinking = render(plain, {.enable_thinking = false});
    facts_.supports_thinking = thinking && not_thinking && thinking != not_thinking;
    return facts_;
  }

 private:
  static ChatMessage user() { return {.role = Role::kUser, .content = kUserText}; }
  static ChatMessage system() { return {.role = Role::kSystem, .content = kSystemText}; }

  // The first form of a tool call that the template can render, the usual ones first.
  void probe_tool_calls() {
    for (const bool short_ids : {false, true}) {
      for (const bool null_content : {false, true}) {
        for (const bool as_text : {false, true}) {
          TemplateFacts tried = facts_;
          tried.short_tool_call_ids = short_ids;
          tried.null_call_content = null_content;
          tried.arguments_as_text = as_text;
          if (!shows_call(tried)) continue;
          facts_ = tried;
          facts_.supports_tool_calls = true;
          return;
        }
      }
    }
  }

  bool shows_call(const TemplateFacts& facts) {
    const char* id = facts.short_tool_call_ids ? kShortId : kLongId;
    ChatMessage call{.role = Role::kAssistant,
                     .tool_calls = {{.id = id, .name = kToolName, .arguments = kArguments}}};
    ChatMessage result{.role = Role::kTool, .content = "1", .name = kToolName, .tool_call_id = id};
    const std::optional<std::string> text =
        render({{user(), std::move(call), std::move(result)}}, {.tools = kTools}, facts);
    // An object that is printed as it is shows Python's quotes: then the template expects text.
    return text && text->contains(kToolName) && text->contains(kArgument) &&
           !text->contains("{'probe_key_56'");
  }

  std::optional<std::string> render(const Conversation& conversation, const RenderOptions& options) {
    return render(conversation, options, facts_);
  }

  std::optional<std::string> render(const Conversation& conversation, const RenderOptions& options,
                                    const TemplateFacts& facts) {
    const Result<TemplateContext> context = make_context(conversation, options, facts, bos_text_, eos_text_);
    if (!context) return std::nullopt;
    Result<wire::PromptText> prompt =
        parsed_.render({.untrusted = context->untrusted, .trusted = context->trusted, .now = options.now});
    if (!prompt) return std::nullopt;
    return std::move(prompt->text);
  }

  const jinja::Template& parsed_;
  const std::string& bos_text_;
  const std::string& eos_text_;
  TemplateFacts facts_;
};

}  // namespace

TemplateFacts probe(const jinja::Template& parsed, const std::string& bos_text, const std::string& eos_text) {
  return Prober(parsed, bos_text, eos_text).run();
}

}  // namespace minerva::chat
