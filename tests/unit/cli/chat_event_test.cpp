#include "cli/chat/chat_event.h"

#include <gtest/gtest.h>

namespace minerva::cli {
namespace {

TEST(ChatEvent, TextComesFromTheDelta) {
  const auto event = parse_chat_line(
      R"(data: {"choices":[{"index":0,"delta":{"content":"Pa\u00e4"},"finish_reason":null}]})");
  ASSERT_TRUE(std::holds_alternative<AnswerText>(event));
  EXPECT_EQ(std::get<AnswerText>(event).text, "Paä");
}

TEST(ChatEvent, RolesCommentsAndEmptyLinesAreNothing) {
  for (const char* line : {"", ": keep-alive", "event: message",
                           R"(data: {"choices":[{"delta":{"role":"assistant","content":""}}]})",
                           R"(data: {"choices":[],"usage":{"total_tokens":3}})"}) {
    EXPECT_TRUE(std::holds_alternative<Nothing>(parse_chat_line(line))) << line;
  }
}

TEST(ChatEvent, TheEndBringsReasonAndTimings) {
  const auto event = parse_chat_line(
      R"(data: {"choices":[{"delta":{},"finish_reason":"length"}],)"
      R"("timings":{"cache_n":5,"prompt_n":7,"prompt_ms":2.5,"predicted_n":9,"predicted_ms":3.0,"predicted_per_second":3000.0}})");
  ASSERT_TRUE(std::holds_alternative<AnswerEnd>(event));
  const auto& end = std::get<AnswerEnd>(event);
  EXPECT_EQ(end.finish_reason, "length");
  ASSERT_TRUE(end.stats.has_value());
  EXPECT_EQ(end.stats->n_prompt, 12U);
  EXPECT_EQ(end.stats->n_cached, 5U);
  EXPECT_EQ(end.stats->n_generated, 9U);
  EXPECT_DOUBLE_EQ(end.stats->tokens_per_second, 3000.0);
}

TEST(ChatEvent, DoneIsDone) {
  EXPECT_TRUE(std::holds_alternative<AnswerDone>(parse_chat_line("data: [DONE]")));
}

TEST(ChatEvent, AnErrorKeepsTheCodeThatTheServerNamed) {
  const auto event =
      parse_chat_line(R"(data: {"error":{"message":"the worker died","code":"worker_crashed"}})");
  ASSERT_TRUE(std::holds_alternative<Error>(event));
  EXPECT_EQ(std::get<Error>(event).code, ErrorCode::kWorkerCrashed);
  EXPECT_EQ(std::get<Error>(event).message, "the worker died");
}

TEST(ChatEvent, WhatIsNoJsonIsAnError) {
  for (const char* line : {"data: {\"choices\":[", "data: 7", "data: hello"}) {
    EXPECT_TRUE(std::holds_alternative<Error>(parse_chat_line(line))) << line;
  }
}

TEST(ChatEvent, WrongTypesInsideAreNothingAndNoCrash) {
  for (const char* line :
       {R"(data: {"choices":7})", R"(data: {"choices":[7]})", R"(data: {"choices":[{"delta":7}]})",
        R"(data: {"choices":[{"delta":{"content":7},"finish_reason":7}]})"}) {
    EXPECT_TRUE(std::holds_alternative<Nothing>(parse_chat_line(line))) << line;
  }
}

TEST(ErrorBody, CodesOfTheDialectBecomeOurs) {
  EXPECT_EQ(parse_error_body(400, R"({"error":{"message":"m","code":"context_length_exceeded"}})").code,
            ErrorCode::kContextOverflow);
  EXPECT_EQ(parse_error_body(401, R"({"error":{"message":"m","code":"invalid_api_key"}})").code,
            ErrorCode::kUnauthorized);
  EXPECT_EQ(parse_error_body(503, R"({"error":{"message":"m","code":"queue_full"}})").code,
            ErrorCode::kQueueFull);
}

TEST(ErrorBody, WhatIsNoErrorOfOursNamesTheStatus) {
  EXPECT_EQ(parse_error_body(404, "<html>not here</html>").message,
            "the server answered with status 404; is it Minerva?");
}

}  // namespace
}  // namespace minerva::cli
