#include "chat/tools/tool_call_syntax.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "chat/chat_template.h"
#include "chat/tools/marker.h"
#include "make_template.h"

namespace minerva::chat {
namespace {

using test::made;
using test::published;

using Form = ToolCallSyntax::Form;
using Ids = ToolCallSyntax::Ids;

// A template of ChatML turns, with `call` between the assistant's content and the end of its turn.
std::string chatml_with(const std::string& call) {
  return "{% for tool in tools or [] %}{{ tool | tojson }}\n{% endfor %}"
         "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content }}" +
         call +
         "{{ '<|im_end|>\\n' }}{% endfor %}"
         "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";
}

void expect_syntax(const ChatTemplate& chat_template, const ToolCallSyntax& expected) {
  EXPECT_FALSE(chat_template.facts().generic_calls);
  const ToolCallSyntax& found = chat_template.tool_syntax();
  EXPECT_EQ(found.form, expected.form);
  EXPECT_EQ(found.open, expected.open);
  EXPECT_EQ(found.head, expected.head);
  EXPECT_EQ(found.middle, expected.middle);
  EXPECT_EQ(found.tail, expected.tail);
  EXPECT_EQ(found.between, expected.between);
  EXPECT_EQ(found.closes, expected.closes);
  EXPECT_EQ(found.name_key, expected.name_key);
  EXPECT_EQ(found.arguments_key, expected.arguments_key);
  EXPECT_EQ(found, expected);
}

ToolCallSyntax hermes() { return generic_syntax(); }

TEST(ToolSyntaxTest, IsHermesFormForTheDemoModel) {
  std::ifstream file("tools/demo-model/chat_template.jinja");
  std::ostringstream source;
  source << file.rdbuf();
  expect_syntax(made(source.str()), hermes());
}

TEST(ToolSyntaxTest, IsFoundForPublishedTemplatesOfHermesForm) {
  for (const char* name : {"Qwen-Qwen2.5-7B-Instruct", "Qwen-Qwen3-0.6B"})
    expect_syntax(published(name), hermes());
  // Its calls stand on lines of their own from the turn's first line on.
  expect_syntax(published("NousResearch-Hermes-3-Llama-3.1-8B-tool_use"), hermes());
}

TEST(ToolSyntaxTest, IsABareObjectForLlama) {
  expect_syntax(published("meta-llama-Llama-3.1-8B-Instruct"), {.open = "",
                                                                .head = R"({"name": ")",
                                                                .middle = R"(", "parameters": )",
                                                                .tail = "}",
                                                                .between = "",
                                                                .closes = {},
                                                                .wrapper_key = {},
                                                                .arguments_key = "parameters",
                                                                .id_lead = {}});
}

TEST(ToolSyntaxTest, IsAnArrayBehindAMarkerForMistral) {
  expect_syntax(published("mistralai-Mistral-Nemo-Instruct-2407"),
                {.open = "[TOOL_CALLS][",
                 .head = R"({"name": ")",
                 .middle = R"(", "arguments": )",
                 .tail = std::string(R"(, "id": ")") + kIdHole + "\"}",
                 .between = ", ",
                 .closes = {"]"},
                 .wrapper_key = {},
                 .ids = Ids::kShort,
                 .id_lead = {}});
}

TEST(ToolSyntaxTest, IsTaggedForDeepSeek) {
  expect_syntax(published("deepseek-ai-DeepSeek-V3.1"),
                {.form = Form::kTagged,
                 .open = "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>",
                 .head = "",
                 .middle = "<｜tool▁sep｜>",
                 .tail = "",
                 .between = "<｜tool▁call▁end｜><｜tool▁call▁begin｜>",
                 .closes = {"<｜tool▁call▁end｜><｜tool▁calls▁end｜>"},
                 .wrapper_key = {},
                 .id_lead = {}});
  // This one forgets to close a turn of one call.
  expect_syntax(published("deepseek-ai-DeepSeek-R1-Distill-Qwen-32B"),
                {.form = Form::kTagged,
                 .open = "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>",
                 .head = "",
                 .middle = "\n```json\n",
                 .tail = "",
                 .between = "\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>",
                 .closes = {"\n```<｜tool▁call▁end｜>", "\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>"},
                 .wrapper_key = {},
                 .id_lead = {}});
}

TEST(ToolSyntaxTest, NumbersCallsForKimi) {
  expect_syntax(published("moonshotai-Kimi-K2"),
                {.form = Form::kTagged,
                 .open = "<|tool_calls_section_begin|><|tool_call_begin|>functions.",
                 .head = "",
                 .middle = std::string(":") + kIndexHole + "<|tool_call_argument_begin|>",
                 .tail = "",
                 .between = "<|tool_call_end|><|tool_call_begin|>functions.",
                 .closes = {"<|tool_call_end|><|tool_calls_section_end|>"},
                 .wrapper_key = {},
                 .ids = Ids::kIndexed,
                 .id_lead = "functions."});
}

TEST(ToolSyntaxTest, IsTheGenericFormWhereTheDifferenceCannotTell) {
  for (const char* name : {"google-gemma-2-2b-it", "microsoft-Phi-3.5-mini-instruct",
                           "ibm-granite-granite-3.3-2B-Instruct", "openai-gpt-oss-120b"}) {
    const ChatTemplate chat_template = published(name);
    EXPECT_TRUE(chat_template.facts().generic_calls) << name;
    EXPECT_EQ(chat_template.tool_syntax(), generic_syntax()) << name;
  }
  EXPECT_TRUE(made("").facts().generic_calls);
  // Arguments that are no JSON, arguments inside a string, calls without a marker that could be any text.
  for (const char* call :
       {"{% for c in m.tool_calls or [] %}{% for k, v in c.function.arguments|items %}<{{ k }}>{{ v }}{% "
        "endfor %}"
        "{{ c.function.name }}{% endfor %}",
        "{% for c in m.tool_calls or [] %}{{ {'name': c.function.name, 'arguments': "
        "c.function.arguments|tojson}|tojson "
        "}}{% endfor %}",
        "{% for c in m.tool_calls or [] %}{{ c.function.name }}{{ c.function.arguments|tojson }}{% endfor %}",
        "{% for c in m.tool_calls or [] %}<args>{{ c.function.arguments|tojson }}{{ c.function.name }}{% "
        "endfor %}"}) {
    EXPECT_TRUE(made(chatml_with(call)).facts().generic_calls) << call;
  }
}

TEST(ToolSyntaxTest, FindsOtherKeysAndTheirOrder) {
  const ChatTemplate chat_template = made(chatml_with(
      "{% if m.tool_calls %}<|ACTION|>[{% for c in m.tool_calls %}"
      R"({"tool_call_id": "{{ c.id }}", "parameters": {{ c.function.arguments|tojson }}, "tool_name": "{{ c.function.name }}"})"
      "{% if not loop.last %},\n{% endif %}{% endfor %}]<|END|>{% endif %}"));
  expect_syntax(chat_template,
                {.open = "<|ACTION|>[",
                 .head = std::string(R"({"tool_call_id": ")") + kIdHole + R"(", "parameters": )",
                 .middle = R"(, "tool_name": ")",
                 .tail = "\"}",
                 .between = ",\n",
                 .closes = {"]<|END|>"},
                 .arguments_first = true,
                 .wrapper_key = {},
                 .name_key = "tool_name",
                 .arguments_key = "parameters",
                 .id_lead = {}});
}

TEST(ToolSyntaxTest, FindsNameAndArgumentsInsideAnObject) {
  const ChatTemplate chat_template =
      made(chatml_with("{% for c in m.tool_calls or [] %}<call>{{ c | tojson }}</call>{% endfor %}"));
  EXPECT_FALSE(chat_template.facts().generic_calls);
  EXPECT_EQ(chat_template.tool_syntax().wrapper_key, "function");
  EXPECT_EQ(chat_template.tool_syntax().open, "<call>");
  EXPECT_EQ(chat_template.tool_syntax().between, "</call><call>");
}

TEST(ToolSyntaxTest, FindsATagWithTheName) {
  expect_syntax(made(chatml_with("{% for c in m.tool_calls or [] %}<function={{ c.function.name }}>"
                                 "{{ c.function.arguments|tojson }}</function>{% endfor %}")),
                {.form = Form::kTagged,
                 .open = "<function=",
                 .head = "",
                 .middle = ">",
                 .tail = "",
                 .between = "</function><function=",
                 .closes = {"</function>"},
                 .wrapper_key = {},
                 .id_lead = {}});
}

TEST(ToolSyntaxTest, WritesACallAsTheTemplateDoes) {
  for (const char* name : {"Qwen-Qwen3-0.6B", "mistralai-Mistral-Nemo-Instruct-2407", "moonshotai-Kimi-K2",
                           "deepseek-ai-DeepSeek-V3.1", "meta-llama-Llama-3.1-8B-Instruct"}) {
    const ChatTemplate chat_template = published(name);
    const Conversation conversation{
        {{.role = Role::kUser, .content = "Hi"},
         {.role = Role::kAssistant,
          .tool_calls = {{.id = "abc123XYZ", .name = "look", .arguments = R"({"at": "Oslo"})"}}}}};
    const auto prompt = chat_template.render(
        conversation,
        {.add_generation_prompt = false,
         .tools = R"([{"type": "function", "function": {"name": "look", "description": "Looks."}}])"});
    ASSERT_TRUE(prompt) << name << ": " << prompt.error().message;
    EXPECT_TRUE(prompt->text.contains(
        write_call(chat_template.tool_syntax(), "look", R"({"at": "Oslo"})", "abc123XYZ")))
        << prompt->text;
  }
}

TEST(ToolSyntaxTest, KnowsTheTextsThatMarkCalls) {
  const ToolCallSyntax kimi = published("moonshotai-Kimi-K2").tool_syntax();
  for (const char* marker :
       {"<|tool_calls_section_begin|>", "<|tool_call_begin|>", "<|tool_call_argument_begin|>",
        "<|tool_call_end|>", "<|tool_calls_section_end|>"})
    EXPECT_TRUE(marks_calls(kimi, marker)) << marker;
  EXPECT_FALSE(marks_calls(kimi, "<|im_user|>"));
}

}  // namespace
}  // namespace minerva::chat
