#include "gateway/worker_program.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace minerva::gateway {
namespace {

struct WorkerProgramTest : testing::Test {
  WorkerProgramTest() { ::unsetenv("MINERVA_WORKER"); }
  ~WorkerProgramTest() override { ::unsetenv("MINERVA_WORKER"); }
};

TEST_F(WorkerProgramTest, TakesTheOneThatIsNamed) {
  ::setenv("MINERVA_WORKER", "/bin/sh", 1);
  EXPECT_EQ(find_worker_program().value(), "/bin/sh");
}

TEST_F(WorkerProgramTest, RefusesANameThatIsNoProgram) {
  ::setenv("MINERVA_WORKER", "/nowhere/minerva-worker", 1);
  const auto found = find_worker_program();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kInvalidConfiguration);
  EXPECT_NE(found.error().message.find("/nowhere/minerva-worker"), std::string::npos);
  EXPECT_EQ(found.error().field, "MINERVA_WORKER");
}

// Test programs live in a folder of their own, without a worker.
TEST_F(WorkerProgramTest, NamesThePlacesItLookedAt) {
  const auto found = find_worker_program();
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().message.find("/tests/minerva-worker"), std::string::npos);
  EXPECT_NE(found.error().message.find("/libexec/minerva/minerva-worker"), std::string::npos);
}

}  // namespace
}  // namespace minerva::gateway
