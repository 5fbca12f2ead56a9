#include "base/error.h"

#include <gtest/gtest.h>

#include <set>

namespace minerva {
namespace {

TEST(ErrorTable, EveryCodeHasANameOfItsOwnThatLeadsBackToIt) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kErrorCodeCount; ++i) {
    const auto code = static_cast<ErrorCode>(i);
    const auto name = traits(code).name;
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_EQ(error_code_from_name(name), code);
  }
  EXPECT_EQ(error_code_from_name("no_such_code"), std::nullopt);
}

TEST(ErrorTable, HttpStatusesAreErrorsAndExitStatusesAreNotSuccess) {
  for (std::size_t i = 0; i < kErrorCodeCount; ++i) {
    const auto& row = traits(static_cast<ErrorCode>(i));
    EXPECT_GE(row.http_status, 400) << row.name;
    EXPECT_LE(row.http_status, 599) << row.name;
    EXPECT_GE(row.exit_status, 1) << row.name;
    EXPECT_LE(row.exit_status, 5) << row.name;
  }
}

TEST(Error, IsShownWithItsCodeAndField) {
  EXPECT_EQ(to_string(Error{
                .code = ErrorCode::kInvalidRequest, .message = "must be a number", .field = "temperature"}),
            "invalid_request: must be a number (temperature)");
}

}  // namespace
}  // namespace minerva
