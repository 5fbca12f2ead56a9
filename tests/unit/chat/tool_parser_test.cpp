#include "chat/tools/tool_call_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "chat/chat_template.h"
#include "chat/tools/marker.h"
#include "chat/tools/tool_call_ids.h"
#include "make_template.h"

namespace minerva::chat {
namespace {

// What an answer came to: "text[id name arguments]text…".
class Outcome {
 public:
  void add(const std::vector<ToolEvent>& events) {
    for (const ToolEvent& event : events) {
      std::visit([this](const auto& e) { take(e); }, event);
    }
  }
  [[nodiscard]] std::string text() const { return in_call_ ? text_ + "]" : text_; }

 private:
  void take(const ContentDelta& delta) {
    EXPECT_FALSE(delta.text.empty());
    if (std::exchange(in_call_, false)) text_ += "]";
    text_ += delta.text;
  }
  void take(const CallStart& start) {
    EXPECT_EQ(start.index, n_calls_++);
    if (std::exchange(in_call_, true)) text_ += "]";
    text_ += "[" + start.id + " " + start.name + " ";
  }
  void take(const ArgumentsDelta& delta) {
    EXPECT_TRUE(in_call_);
    EXPECT_EQ(delta.index + 1, n_calls_);
    text_ += delta.text;
  }

  std::string text_;
  bool in_call_ = false;
  std::uint32_t n_calls_ = 0;
};

struct Answers {
  ToolCallSyntax syntax = generic_syntax();
  std::vector<std::string> tools{"look", "send"};
  bool single = false;

  // The parser's outcome for the text in the given pieces.
  [[nodiscard]] std::string in_pieces(const std::vector<std::string_view>& pieces) const {
    int n_ids = 0;
    ToolCallParser parser(syntax, {.tools = tools, .single = single, .make_id = [&n_ids] {
                                     return "#" + std::to_string(++n_ids);
                                   }});
    Outcome outcome;
    for (const std::string_view piece : pieces) outcome.add(parser.feed(piece));
    outcome.add(parser.finish());
    return outcome.text();
  }

  // The outcome of the text as a whole, which must be that of every cut in two, in three, and byte by byte.
  [[nodiscard]] std::string parse(std::string_view text) const {
    const std::string whole = in_pieces({text});
    std::vector<std::string_view> bytes;
    for (std::size_t at = 0; at < text.size(); ++at) bytes.push_back(text.substr(at, 1));
    EXPECT_EQ(in_pieces(bytes), whole) << text;
    for (std::size_t first = 0; first <= text.size(); ++first) {
      EXPECT_EQ(in_pieces({text.substr(0, first), text.substr(first)}), whole) << text << " cut at " << first;
      for (std::size_t second = first; text.size() < 120 && second <= text.size(); second += 3) {
        EXPECT_EQ(in_pieces({text.substr(0, first), text.substr(first, second - first), text.substr(second)}),
                  whole)
            << text << " cut at " << first << " and " << second;
      }
    }
    return whole;
  }
};

ToolCallSyntax published(const std::string& name) { return test::published(name).tool_syntax(); }

TEST(ToolParserTest, TellsTextFromCalls) {
  const Answers hermes;
  EXPECT_EQ(hermes.parse(""), "");
  EXPECT_EQ(hermes.parse("Hello, <you>!\n"), "Hello, <you>!\n");
  EXPECT_EQ(
      hermes.parse("<tool_call>\n{\"name\": \"look\", \"arguments\": {\"at\": \"Oslo\"}}\n</tool_call>"),
      R"([#1 look {"at": "Oslo"}])");
  EXPECT_EQ(hermes.parse("I look.\n\n<tool_call>\n{\"name\": \"look\", \"arguments\": {}}\n</tool_call>\n"),
            "I look.[#1 look {}]");
  EXPECT_EQ(hermes.parse("<tool_call>{\"name\": \"look\", \"arguments\": {\"a\": 1}}</tool_call> Done."),
            "[#1 look {\"a\": 1}] Done.");
}

TEST(ToolParserTest, ReadsSeveralCalls) {
  EXPECT_EQ(Answers{}.parse(
                "<tool_call>\n{\"name\": \"look\", \"arguments\": {\"a\": 1}}\n</tool_call>\n<tool_call>\n"
                "{\"name\": \"send\", \"arguments\": {\"b\": 2}}\n</tool_call>"),
            R"([#1 look {"a": 1}][#2 send {"b": 2}])");
  EXPECT_EQ(Answers{}.parse("<tool_call>{\"name\": \"look\", \"arguments\": {}}</tool_call> and <tool_call>"
                            "{\"name\": \"send\", \"arguments\": {}}</tool_call>"),
            "[#1 look {}] and[#2 send {}]");
}

TEST(ToolParserTest, TakesTheModelsLibertiesWithTheObject) {
  const Answers hermes;
  EXPECT_EQ(
      hermes.parse(
          "<tool_call>\n\n { \"id\": 7, \"arguments\": {\"a\": [1, {}]}, \"name\": \"look\" }</tool_call>"),
      R"([#1 look {"a": [1, {}]}])");
  EXPECT_EQ(hermes.parse("<tool_call>{\"name\": \"look\"}</tool_call>"), "[#1 look {}]");
  EXPECT_EQ(hermes.parse("<tool_call>{\"name\": \"look\", \"arguments\": null}</tool_call>"), "[#1 look {}]");
  EXPECT_EQ(hermes.parse(R"(<tool_call>{"name": "look", "arguments": "{\"a\": \"b\"}"}</tool_call>)"),
            R"([#1 look {"a": "b"}])");
  EXPECT_EQ(hermes.parse(
                "<tool_call>{\"name\": \"look\", \"arguments\": {\"a\": \"two\nlines\t\x01\"}}</tool_call>"),
            R"([#1 look {"a": "two\nlines\t\u0001"}])");
  EXPECT_EQ(hermes.parse("<tool_call>{\"name\": \"unknown\", \"arguments\": {}, \"n\": 1.5}</tool_call>"),
            "[#1 unknown {}]");
  // The closing marker is missing.
  EXPECT_EQ(hermes.parse("<tool_call>\n{\"name\": \"look\", \"arguments\": {}}"), "[#1 look {}]");
  EXPECT_EQ(hermes.parse("<tool_call>\n{\"name\": \"look\", \"arguments\": {}}\n</tool_c"), "[#1 look {}]");
  EXPECT_EQ(hermes.parse("<tool_call>{\"name\": \"look\", \"arguments\": {}} So be it."),
            "[#1 look {}] So be it.");
}

TEST(ToolParserTest, LeavesWhatIsNoCallAsItIs) {
  const Answers hermes;
  for (const char* text :
       {"<tool_call>", "a <tool_call", "<tool_call>\nnothing\n</tool_call>", "<tool_call>\n[1]</tool_call>",
        "<tool_call>{\"name\": 5, \"arguments\": {}}</tool_call>", "<tool_call>{\"name\": \"\"}</tool_call>",
        "<tool_call>{\"arguments\": {\"a\": 1}}</tool_call>", "<tool_call>{\"name\": \"look\", \"argum",
        "<tool_call>{\"name\": \"look\", \"arguments\": [1]}</tool_call>",
        "<tool_call>{\"name\": \"look\", \"arguments\": \"x\"}</tool_call>",
        "<tool_call>{\"name\": \"look\" \"arguments\": {}}</tool_call>",
        "<tool_call>{'name': 'look'}</tool_call>", "</tool_call>", "<tool_call><", "  \n<tool_call>\n  x  \n",
        "Wörter <tool_cäll> 日本語"}) {
    EXPECT_EQ(hermes.parse(text), text);
  }
}

TEST(ToolParserTest, FindsACallBehindABrokenOne) {
  EXPECT_EQ(
      Answers{}.parse("<tool_call>oops <tool_call>\n{\"name\": \"look\", \"arguments\": {}}\n</tool_call>"),
      "<tool_call>oops[#1 look {}]");
  EXPECT_EQ(Answers{}.parse("<<tool_call><tool_call>{\"name\": \"look\", \"arguments\": {}}</tool_call>"),
            "<<tool_call>[#1 look {}]");
}

TEST(ToolParserTest, KeepsWhatWasToldOfACallThatBreaksDown) {
  EXPECT_EQ(Answers{}.parse("<tool_call>{\"name\": \"look\", \"arguments\": {\"a\": Oslo}}</tool_call>"),
            "[#1 look {\"a\": ]Oslo}}</tool_call>");
  EXPECT_EQ(Answers{}.parse("<tool_call>{\"name\": \"look\", \"arguments\": {\"a\": \"Os"),
            "[#1 look {\"a\": \"Os]");
  EXPECT_EQ(Answers{}.parse("<tool_call>{\"name\": \"look\", \"arguments\": {\"a\": 1} oops"),
            "[#1 look {\"a\": 1}]oops");
}

TEST(ToolParserTest, StreamsArgumentsAsTheyCome) {
  ToolCallParser parser(generic_syntax(), {.tools = {}, .make_id = [] { return "x"; }});
  EXPECT_EQ(parser.feed("Hm. <tool"), (std::vector<ToolEvent>{ContentDelta{"Hm."}}));
  EXPECT_EQ(parser.feed("_call>\n{\"name\": \"lo"), std::vector<ToolEvent>{});
  EXPECT_EQ(parser.feed("ok\", \"arguments\": {\"a"),
            (std::vector<ToolEvent>{CallStart{.index = 0, .id = "x", .name = "look"},
                                    ArgumentsDelta{.index = 0, .text = "{\"a"}}));
  EXPECT_EQ(parser.n_calls(), 1U);
  EXPECT_EQ(parser.feed("\": 1"), (std::vector<ToolEvent>{ArgumentsDelta{.index = 0, .text = "\": 1"}}));
  EXPECT_EQ(parser.feed("}}"), (std::vector<ToolEvent>{ArgumentsDelta{.index = 0, .text = "}"}}));
  EXPECT_EQ(parser.feed("\n</tool_call>"), std::vector<ToolEvent>{});
  EXPECT_EQ(parser.finish(), std::vector<ToolEvent>{});
}

TEST(ToolParserTest, HoldsBackNoMoreThanItMust) {
  ToolCallParser parser(generic_syntax(), {.tools = {}, .make_id = [] { return "x"; }});
  EXPECT_EQ(parser.feed("a <b> "), (std::vector<ToolEvent>{ContentDelta{"a <b>"}}));
  EXPECT_EQ(parser.feed("<tools>"), (std::vector<ToolEvent>{ContentDelta{" <tools>"}}));
  EXPECT_EQ(parser.finish(), std::vector<ToolEvent>{});
}

TEST(ToolParserTest, EndsWithItsFirstCallWhenOneIsWanted) {
  const Answers one{.single = true};
  EXPECT_EQ(
      one.parse(
          "So: <tool_call>{\"name\": \"look\", \"arguments\": {\"a\": 1}}</tool_call><tool_call>{\"name\": "
          "\"send\", \"arguments\": {}}</tool_call> more"),
      "So:[#1 look {\"a\": 1}]");
  ToolCallParser parser(generic_syntax(), {.tools = {}, .single = true, .make_id = [] { return "x"; }});
  (void)parser.feed("<tool_call>{\"name\": \"look\", \"arguments\": {\"a\": 1}");
  EXPECT_FALSE(parser.done());
  (void)parser.feed("}");
  EXPECT_TRUE(parser.done());
}

TEST(ToolParserTest, ReadsABareObjectAtTheBeginningAndOnlyOfAnOfferedTool) {
  const Answers llama{.syntax = published("meta-llama-Llama-3.1-8B-Instruct")};
  EXPECT_EQ(llama.parse(R"({"name": "look", "parameters": {"at": "Oslo"}})"), R"([#1 look {"at": "Oslo"}])");
  EXPECT_EQ(llama.parse("\n{\"name\": \"look\", \"parameters\": {}}\n"), "[#1 look {}]");
  EXPECT_EQ(llama.parse("{\"name\": \"look\", \"parameters\": {}} Done."), "[#1 look {}] Done.");
  for (const char* text : {R"({"name": "Oslo", "parameters": {"people": 700000}})", R"({"city": "Oslo"})",
                           R"(Take {"name": "look", "parameters": {}})", R"({"name": "look", "param)", "{"})
    EXPECT_EQ(llama.parse(text), text);
}

TEST(ToolParserTest, ReadsMistralsArray) {
  const Answers mistral{.syntax = published("mistralai-Mistral-Nemo-Instruct-2407")};
  EXPECT_EQ(mistral.parse(R"([TOOL_CALLS] [{"name": "look", "arguments": {"a": 1}, "id": "abc123XYZ"}])"),
            R"([#1 look {"a": 1}])");
  EXPECT_EQ(
      mistral.parse(
          R"([TOOL_CALLS][{"name": "look", "arguments": {"a": 1}}, {"name": "send", "arguments": {}}])"),
      R"([#1 look {"a": 1}][#2 send {}])");
  EXPECT_EQ(mistral.parse("[TOOL_CALLS][1, 2]"), "[TOOL_CALLS][1, 2]");
}

TEST(ToolParserTest, ReadsTaggedCalls) {
  const Answers deepseek{.syntax = published("deepseek-ai-DeepSeek-V3.1")};
  EXPECT_EQ(
      deepseek.parse(
          "Moment.<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>look<｜tool▁sep｜>{\"a\": 1}<｜tool▁call▁end｜>"
          "<｜tool▁call▁begin｜>send<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>"),
      "Moment.[#1 look {\"a\": 1}][#2 send {}]");
  for (const char* text : {"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>look", "<｜tool▁calls▁begin｜>x",
                           "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>look<｜tool▁sep｜>[]", "｜▁"})
    EXPECT_EQ(deepseek.parse(text), text);
  const Answers r1{.syntax = published("deepseek-ai-DeepSeek-R1-Distill-Qwen-32B")};
  EXPECT_EQ(
      r1.parse(
          "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>look\n```json\n{\"a\": 1}\n```"
          "<｜tool▁call▁end｜><｜tool▁calls▁end｜>"),
      "[#1 look {\"a\": 1}]");
}

TEST(ToolParserTest, TakesIdsFromNumberedCalls) {
  const Answers kimi{.syntax = published("moonshotai-Kimi-K2")};
  EXPECT_EQ(
      kimi.parse(
          "<|tool_calls_section_begin|><|tool_call_begin|>functions.look:0<|tool_call_argument_begin|>{}"
          "<|tool_call_end|><|tool_call_begin|>functions.send:1<|tool_call_argument_begin|>{\"b\": 2}"
          "<|tool_call_end|><|tool_calls_section_end|>"),
      "[functions.look:0 look {}][functions.send:1 send {\"b\": 2}]");
}

TEST(ToolParserTest, ReadsKeysInOtherOrdersAndInsideAnObject) {
  ToolCallSyntax nested = generic_syntax();
  nested.wrapper_key = "function";
  EXPECT_EQ(
      (Answers{.syntax = nested}.parse(
          R"(<tool_call>{"type": "function", "function": {"arguments": {"a": 1}, "name": "look"}, "id": "1"}</tool_call>)")),
      R"([#1 look {"a": 1}])");
  EXPECT_EQ((Answers{.syntax = nested}.parse(R"(<tool_call>{"name": "look", "arguments": {}}</tool_call>)")),
            R"(<tool_call>{"name": "look", "arguments": {}}</tool_call>)");
}

TEST(ToolParserTest, GivesUpOnACallThatNeverSaysItsName) {
  const std::string endless = "<tool_call>{\"x\": \"" + std::string(70'000, 'y');
  ToolCallParser parser(generic_syntax(), {.tools = {}, .make_id = [] { return "x"; }});
  EXPECT_EQ(parser.feed(endless), (std::vector<ToolEvent>{ContentDelta{endless}}));
}

TEST(ToolParserTest, MakesIds) {
  std::uint64_t next = 0x123456789abcdef;
  const auto random = [&next] { return next = next * 6364136223846793005U + 1442695040888963407U; };
  const std::string id = make_tool_call_id(ToolCallSyntax::Ids::kLong, random);
  EXPECT_EQ(id.size(), 29U);
  EXPECT_TRUE(id.starts_with("call_"));
  EXPECT_NE(id, make_tool_call_id(ToolCallSyntax::Ids::kLong, random));
  EXPECT_EQ(make_tool_call_id(ToolCallSyntax::Ids::kShort, random).size(), 9U);
}

TEST(MarkerTest, MatchesWithoutWhiteSpaceAndWithHoles) {
  using Kind = MarkerMatch::Kind;
  EXPECT_EQ(match_marker("<a>\n", "< a>{").n_bytes, 4U);
  EXPECT_EQ(match_marker("<a>", "<").kind, Kind::kPartial);
  EXPECT_EQ(match_marker("<a>", "").kind, Kind::kPartial);
  EXPECT_EQ(match_marker("<a>", "<b").kind, Kind::kNone);
  EXPECT_EQ(match_marker(" \n", "x").kind, Kind::kWhole);
  const std::string indexed = std::string(":") + kIndexHole + ">";
  EXPECT_EQ(match_marker(indexed, ":12>").index, "12");
  EXPECT_EQ(match_marker(indexed, ":12").kind, Kind::kPartial);
  EXPECT_EQ(match_marker(indexed, ":>").kind, Kind::kNone);
}

}  // namespace
}  // namespace minerva::chat
