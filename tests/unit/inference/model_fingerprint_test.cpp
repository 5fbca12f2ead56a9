#include "inference/model_fingerprint.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "support/temporary_folder.h"

namespace minerva::inference {
namespace {

namespace fs = std::filesystem;

std::uint64_t of_bytes(const support::TemporaryFolder& folder, const std::string& bytes) {
  const fs::path path = folder / "model.gguf";
  std::ofstream{path, std::ios::binary | std::ios::trunc} << bytes;
  return model_fingerprint(path);
}

TEST(ModelFingerprint, TellsFilesApart) {
  const support::TemporaryFolder folder;
  const std::uint64_t one = of_bytes(folder, "weights 1");
  EXPECT_NE(one, 0U);
  EXPECT_EQ(of_bytes(folder, "weights 1"), one);
  EXPECT_NE(of_bytes(folder, "weights 2"), one);
  EXPECT_NE(of_bytes(folder, std::string("weights 1") + '\0'), one);
}

TEST(ModelFingerprint, SeesAChangeAtEitherEndOfALargeFile) {
  const support::TemporaryFolder folder;
  std::string bytes(std::size_t{44} << 20U, 'w');
  const std::uint64_t before = of_bytes(folder, bytes);
  bytes.back() = 'x';
  const std::uint64_t changed_end = of_bytes(folder, bytes);
  EXPECT_NE(changed_end, before);
  bytes.back() = 'w';
  bytes.front() = 'x';
  EXPECT_NE(of_bytes(folder, bytes), before);
}

TEST(ModelFingerprint, IsNothingWithoutAFile) {
  const support::TemporaryFolder folder;
  EXPECT_EQ(model_fingerprint(folder / "none.gguf"), 0U);
}

}  // namespace
}  // namespace minerva::inference
