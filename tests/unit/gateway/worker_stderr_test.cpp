#include "gateway/worker_stderr.h"

#include <gtest/gtest.h>

namespace minerva::gateway {
namespace {

TEST(WorkerLine, KeepsTheLevelOfTheWorkersOwnLines) {
  const auto warning = parse_worker_line("09:15:02.100 warni [worker] engine: no room");
  EXPECT_EQ(warning.level, log::Level::kWarn);
  EXPECT_EQ(warning.text, "engine: no room");
  EXPECT_EQ(parse_worker_line("09:15:02.100 error [worker] load: bad").level, log::Level::kError);
  EXPECT_EQ(parse_worker_line("09:15:02.100 info  [worker] load: good").text, "load: good");
}

TEST(WorkerLine, TreatsEverythingElseAsChatter) {
  for (const std::string_view line :
       {"", "ggml_abort: error ", "12:34", "09:15:02.100 fatal [worker] x", "09:15:02.100 "}) {
    const auto parsed = parse_worker_line(line);
    EXPECT_EQ(parsed.level, log::Level::kDebug) << line;
    EXPECT_EQ(parsed.text, line);
  }
}

}  // namespace
}  // namespace minerva::gateway
