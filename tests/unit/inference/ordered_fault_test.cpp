#include "inference/ordered_fault.h"

#include <gtest/gtest.h>

#include <csignal>
#include <stdexcept>
#include <string>
#include <vector>

#include "inference/library_fault.h"
#include "wire/drill_signals.h"

namespace minerva::inference {
namespace {

// What the fault would be told as; kInternal when nothing was thrown.
ErrorCode code_of_the_next_decode() {
  try {
    strike_if_ordered();
  } catch (const std::runtime_error& error) {
    return fault_code(std::vector<std::string>{error.what()});
  }
  return ErrorCode::kInternal;
}

TEST(OrderedFault, StrikesOnceAndAsTheRealOneWould) {
  obey_drill_signals();
  EXPECT_EQ(code_of_the_next_decode(), ErrorCode::kInternal);
  std::raise(wire::drill_signal(wire::DrillFault::kOutOfMemory));
  EXPECT_EQ(code_of_the_next_decode(), ErrorCode::kOutOfMemory);
  EXPECT_EQ(code_of_the_next_decode(), ErrorCode::kInternal);
  std::raise(wire::drill_signal(wire::DrillFault::kDeviceLost));
  EXPECT_EQ(code_of_the_next_decode(), ErrorCode::kGpuNotAvailable);
}

}  // namespace
}  // namespace minerva::inference
