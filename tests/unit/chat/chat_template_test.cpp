#include "chat/chat_template.h"

#include <gtest/gtest.h>

#include "golden.h"
#include "golden_clock.h"
#include "make_template.h"

namespace minerva::chat {
namespace {

using test::made;
using test::published;

constexpr const char* kWeatherTool =
    R"([{"type": "function", "function": {"name": "weather", "description": "Weather.", "parameters": {"type": "object", "properties": {}}}}])";

ChatMessage said(Role role, const std::string& content) { return {.role = role, .content = content}; }

std::string rendered(const ChatTemplate& chat_template, const Conversation& conversation,
                     RenderOptions options = {}) {
  options.now = test::kGoldenClock;
  const auto prompt = chat_template.render(conversation, options);
  return prompt ? prompt->text : to_string(prompt.error());
}

TEST(ChatTemplateTest, RendersChatMlWhenTheModelHasNoTemplate) {
  const ChatTemplate chat_template = made("");
  EXPECT_TRUE(chat_template.facts().is_default);
  EXPECT_TRUE(chat_template.facts().supports_system);
  EXPECT_EQ(
      rendered(chat_template, {{said(Role::kSystem, "Be brief."), said(Role::kUser, "Hi")}}),
      "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
}

TEST(ChatTemplateTest, ShowsADeveloperMessageAsASystemMessage) {
  EXPECT_EQ(rendered(made(""), {{said(Role::kDeveloper, "D"), said(Role::kUser, "U")}}),
            rendered(made(""), {{said(Role::kSystem, "D"), said(Role::kUser, "U")}}));
}

TEST(ChatTemplateTest, MergesTheSystemTextIntoTheFirstUserMessageWhereTheRoleIsRefused) {
  const ChatTemplate gemma = published("google-gemma-2-2b-it");
  EXPECT_FALSE(gemma.facts().supports_system);
  EXPECT_EQ(rendered(gemma, {{said(Role::kSystem, "Be brief."), said(Role::kUser, "Hi"),
                              said(Role::kAssistant, "Hello"), said(Role::kUser, "Bye")}}),
            "<s><start_of_turn>user\nBe "
            "brief.\n\nHi<end_of_turn>\n<start_of_turn>model\nHello<end_of_turn>\n<start_of_turn>user\nBye<"
            "end_of_turn>\n<start_of_turn>model\n");
  EXPECT_EQ(rendered(gemma, {{said(Role::kSystem, "Only this.")}}),
            "<s><start_of_turn>user\nOnly this.<end_of_turn>\n<start_of_turn>model\n");
}

TEST(ChatTemplateTest, ContinuesATrailingAssistantMessage) {
  const Conversation conversation{{said(Role::kUser, "Count"), said(Role::kAssistant, "One, two, ")}};
  EXPECT_EQ(rendered(made(""), conversation),
            "<|im_start|>user\nCount<|im_end|>\n<|im_start|>assistant\nOne, two, ");
  EXPECT_EQ(rendered(published("google-gemma-2-2b-it"), conversation),
            "<s><start_of_turn>user\nCount<end_of_turn>\n<start_of_turn>model\nOne, two, ");
  EXPECT_EQ(rendered(published("microsoft-Phi-3.5-mini-instruct"), conversation),
            "<|user|>\nCount<|end|>\n<|assistant|>\nOne, two, ");
}

TEST(ChatTemplateTest, CutsTheSpansOfAContinuedMessageWithTheText) {
  const auto prompt = made("").render({{said(Role::kUser, "A"), said(Role::kAssistant, "B")}}, {});
  ASSERT_TRUE(prompt);
  EXPECT_EQ(test::text_of(*prompt, wire::Origin::kMessage), "A|B");
  EXPECT_EQ(test::text_of(*prompt, wire::Origin::kTemplate),
            "<|im_start|>user\n|<|im_end|>\n<|im_start|>assistant\n");
}

TEST(ChatTemplateTest, RefusesToContinueWhatTheTemplateDoesNotShow) {
  EXPECT_TRUE(
      rendered(made("{{ messages[0].content }}"), {{said(Role::kUser, "A"), said(Role::kAssistant, "B")}})
          .starts_with("template_failed: "));
}

TEST(ChatTemplateTest, KnowsWhatPublishedTemplatesSupport) {
  const TemplateFacts qwen3 = published("Qwen-Qwen3-0.6B").facts();
  EXPECT_TRUE(qwen3.supports_system && qwen3.supports_tools && qwen3.supports_tool_calls &&
              qwen3.supports_thinking);
  EXPECT_FALSE(qwen3.arguments_as_text || qwen3.short_tool_call_ids || qwen3.is_default);
  const TemplateFacts qwen2 = published("Qwen-Qwen2.5-7B-Instruct").facts();
  EXPECT_TRUE(qwen2.supports_tools && !qwen2.supports_thinking);
  const TemplateFacts deepseek = published("deepseek-ai-DeepSeek-V3.1").facts();
  EXPECT_TRUE(deepseek.supports_tool_calls && deepseek.arguments_as_text && deepseek.supports_thinking);
  const TemplateFacts nemo = published("mistralai-Mistral-Nemo-Instruct-2407").facts();
  EXPECT_TRUE(nemo.supports_tools && nemo.supports_tool_calls && nemo.short_tool_call_ids);
  const TemplateFacts phi = published("microsoft-Phi-3.5-mini-instruct").facts();
  EXPECT_TRUE(phi.supports_system && !phi.supports_tools && !phi.supports_tool_calls);
}

TEST(ChatTemplateTest, SwitchesThinking) {
  const ChatTemplate qwen3 = published("Qwen-Qwen3-0.6B");
  const Conversation conversation{{said(Role::kUser, "Hi")}};
  EXPECT_TRUE(rendered(qwen3, conversation, {.enable_thinking = false}).ends_with("<think>\n\n</think>\n\n"));
  EXPECT_TRUE(rendered(qwen3, conversation, {.enable_thinking = true}).ends_with("<|im_start|>assistant\n"));
  EXPECT_TRUE(rendered(qwen3, conversation).ends_with("<|im_start|>assistant\n"));
  EXPECT_TRUE(rendered(qwen3, conversation, {.template_kwargs = R"({"enable_thinking": false})"})
                  .ends_with("</think>\n\n"));
}

TEST(ChatTemplateTest, ShowsToolsCallsAndResults) {
  ChatMessage call = said(Role::kAssistant, "");
  call.tool_calls.push_back(
      {.id = "call_1", .name = "weather", .arguments = R"({"city": "Rome", "days": 2})"});
  ChatMessage result = said(Role::kTool, "sunny");
  result.tool_call_id = "call_1";
  const Conversation conversation{{said(Role::kUser, "Weather?"), call, result}};
  const std::string hermes_form =
      rendered(published("Qwen-Qwen3-0.6B"), conversation, {.tools = kWeatherTool});
  EXPECT_TRUE(hermes_form.contains(
      "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome\", \"days\": 2}}\n</tool_call>"))
      << hermes_form;
  EXPECT_TRUE(hermes_form.contains("<tool_response>\nsunny\n</tool_response>"));
  const std::string as_text = rendered(published("deepseek-ai-DeepSeek-V3.1"), conversation);
  EXPECT_TRUE(as_text.contains(R"(weather<｜tool▁sep｜>{"city": "Rome", "days": 2}<｜tool▁call▁end｜>)"))
      << as_text;
  const std::string nemo =
      rendered(published("mistralai-Mistral-Nemo-Instruct-2407"), conversation, {.tools = kWeatherTool});
  const std::size_t id = nemo.find("\"id\": \"");
  ASSERT_NE(id, std::string::npos) << nemo;
  EXPECT_TRUE(nemo.contains("\"call_id\": \"" + nemo.substr(id + 7, 9) + "\"}")) << nemo;
}

TEST(ChatTemplateTest, NamesTheFieldWhoseJsonIsWrong) {
  const auto field = [](const Conversation& conversation, const RenderOptions& options) {
    const auto prompt = made("").render(conversation, options);
    return prompt ? "rendered" : std::string(traits(prompt.error().code).name) + " " + prompt.error().field;
  };
  const Conversation plain{{said(Role::kUser, "Hi")}};
  EXPECT_EQ(field(plain, {.tools = "{"}), "invalid_request tools");
  EXPECT_EQ(field(plain, {.tools = "{}"}), "invalid_request tools");
  EXPECT_EQ(field(plain, {.template_kwargs = "[]"}), "invalid_request chat_template_kwargs");
  Conversation called = plain;
  called.messages.push_back(said(Role::kAssistant, ""));
  called.messages[1].tool_calls.push_back({.id = "1", .name = "f", .arguments = "{x"});
  EXPECT_EQ(field(called, {}), "invalid_request messages[1].tool_calls[0].function.arguments");
}

TEST(ChatTemplateTest, LetsNoTemplateArgumentReplaceTheConversation) {
  EXPECT_EQ(rendered(made("{{ messages[0].content }}{{ bos_token }}"), {{said(Role::kUser, "Hi")}},
                     {.template_kwargs = R"({"messages": [{"content": "forged"}], "bos_token": "forged"})"}),
            "Hi<s>");
}

TEST(ChatTemplateTest, NamesRolesBothWays) {
  for (const Role role : {Role::kSystem, Role::kDeveloper, Role::kUser, Role::kAssistant, Role::kTool}) {
    EXPECT_EQ(role_from_name(name_of(role)), role);
  }
  EXPECT_EQ(role_from_name("robot"), std::nullopt);
}

TEST(ChatTemplateTest, SaysWhereATemplateIsBroken) {
  const auto result = ChatTemplate::make("{% if %}", "", "");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kTemplateFailed);
  EXPECT_TRUE(result.error().message.contains("line 1"));
}

}  // namespace
}  // namespace minerva::chat
