#include "api/admission_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string_view>

namespace minerva::api {
namespace {

using ::testing::HasSubstr;

Status read(std::string_view text, gateway::GenerationRequest& request) {
  const Json body = Json::parse(text);
  ParameterParser fields(body, "");
  read_admission(fields, request);
  return fields.status();
}

TEST(AdmissionFields, AreNormalPriorityAndNoDeadlineWhenAbsent) {
  gateway::GenerationRequest request;
  EXPECT_TRUE(read("{}", request));
  EXPECT_EQ(request.priority, 0);
  EXPECT_EQ(request.timeout.count(), 0);
}

TEST(AdmissionFields, AreTakenWithinTheirBounds) {
  gateway::GenerationRequest request;
  EXPECT_TRUE(read(R"({"priority": -10, "timeout_ms": 1500})", request));
  EXPECT_EQ(request.priority, -10);
  EXPECT_EQ(request.timeout.count(), 1500);
  for (const char* bad : {R"({"priority": 11})", R"({"priority": -11})", R"({"priority": "high"})",
                          R"({"timeout_ms": 0})", R"({"timeout_ms": 86400001})", R"({"timeout_ms": "1s"})"}) {
    const Status refused = read(bad, request);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidRequest) << bad;
  }
}

TEST(AdmissionFields, APriorityIsForCallersThatMay) {
  gateway::GenerationRequest request;
  request.priority = -1;
  const Status refused = sign(request, {.tenant = 4, .may_prioritize = false});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kForbidden);
  EXPECT_EQ(refused.error().field, "priority");
  EXPECT_THAT(refused.error().message, HasSubstr("--priority-key"));
  EXPECT_TRUE(sign(request, {.tenant = 4, .may_prioritize = true}));
  EXPECT_EQ(request.tenant, 4U);
  request.priority = 0;
  EXPECT_TRUE(sign(request, {.tenant = 5, .may_prioritize = false}));
  EXPECT_EQ(request.tenant, 5U);
}

}  // namespace
}  // namespace minerva::api
