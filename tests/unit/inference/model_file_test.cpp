#include "inference/model_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "base/log.h"
#include "support/temporary_folder.h"
#include "tiny_model.h"

namespace minerva::inference {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class ModelFileTest : public testing::Test {
 protected:
  void SetUp() override { log::configure(log::Level::kOff, ""); }

  static std::string read(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  fs::path write(const std::string& name, const std::string& bytes) {
    std::ofstream{folder_ / name, std::ios::binary} << bytes;
    return folder_ / name;
  }
  std::string tiny() {
    write_tiny_model(folder_ / "tiny.gguf");
    return read(folder_ / "tiny.gguf");
  }
  static Error error_of(const fs::path& path) {
    const auto file = inspect_model_file(path);
    if (!file) return file.error();
    ADD_FAILURE() << path << " was accepted";
    return {};
  }

  support::TemporaryFolder folder_;
};

TEST_F(ModelFileTest, ReadsTheSizesOfAGoodFile) {
  const std::string bytes = tiny();
  const auto file = inspect_model_file(folder_ / "tiny.gguf");
  ASSERT_TRUE(file) << to_string(file.error());
  EXPECT_EQ(file->architecture, "llama");
  EXPECT_EQ(file->file_bytes, bytes.size());
  EXPECT_EQ(file->n_layers, 2U);
  EXPECT_EQ(file->n_ctx_train, 512U);
  EXPECT_EQ(file->n_embd, 64U);
  EXPECT_EQ(file->n_head, 2U);
  EXPECT_EQ(file->quantizations, std::set<std::string>{"f32"});
  EXPECT_EQ(file->kv_bytes_per_layer, 2U * 64 * 2);
  EXPECT_EQ(file->input_bytes, std::uint64_t{file->n_vocab} * 64 * 4);
  EXPECT_EQ(file->output_bytes, file->input_bytes + 64 * 4);
  EXPECT_EQ(file->layer_bytes, std::vector<std::uint64_t>(2, (4 * 64 * 64 + 3 * 64 * 128 + 2 * 64) * 4));
}

TEST_F(ModelFileTest, SaysThatThereIsNoFile) {
  const Error error = error_of(folder_ / "nothing.gguf");
  EXPECT_EQ(error.code, ErrorCode::kModelNotFound);
  EXPECT_THAT(error.message, HasSubstr("nothing.gguf"));
}

TEST_F(ModelFileTest, SaysThatItIsADirectory) {
  const Error error = error_of(folder_ / ".");
  EXPECT_EQ(error.code, ErrorCode::kModelInvalid);
  EXPECT_THAT(error.message, HasSubstr("directory"));
}

TEST_F(ModelFileTest, SaysThatItIsNotAModel) {
  EXPECT_THAT(error_of(write("a.gguf", "just some text, no model")).message, HasSubstr("not a GGUF"));
  EXPECT_THAT(error_of(write("b.gguf", "")).message, HasSubstr("empty"));
  EXPECT_THAT(error_of(write("c.gguf", "GGUF")).message, HasSubstr("cut short"));
}

TEST_F(ModelFileTest, SaysWhichVersionItCannotRead) {
  std::string bytes = tiny();
  bytes[4] = 1;
  EXPECT_THAT(error_of(write("old.gguf", bytes)).message, HasSubstr("version 1"));
  bytes[4] = 99;
  EXPECT_THAT(error_of(write("new.gguf", bytes)).message, HasSubstr("version 99"));
  bytes.replace(4, 4, std::string("\0\0\0\3", 4));
  EXPECT_THAT(error_of(write("other.gguf", bytes)).message, HasSubstr("byte order"));
}

TEST_F(ModelFileTest, FindsAFileThatIsCutShortAnywhere) {
  const std::string bytes = tiny();
  for (std::size_t n = 8; n < bytes.size(); n += 1 + bytes.size() / 61) {
    const Error error = error_of(write("cut.gguf", bytes.substr(0, n)));
    EXPECT_EQ(error.code, ErrorCode::kModelInvalid) << n;
    EXPECT_THAT(error.message, HasSubstr("cut short")) << n;
  }
  EXPECT_THAT(error_of(write("last.gguf", bytes.substr(0, bytes.size() - 1))).message,
              HasSubstr("its tensors need"));
}

TEST_F(ModelFileTest, KnowsAProjectorFromAModel) {
  write_tiny_model(folder_ / "clip.gguf", {.architecture = "clip"});
  EXPECT_THAT(error_of(folder_ / "clip.gguf").message, HasSubstr("projector"));
}

TEST_F(ModelFileTest, WantsEveryPartOfASplitModelAndTheFirstOneNamed) {
  const std::string bytes = tiny();
  const fs::path first = write("m-00001-of-00002.gguf", bytes);
  EXPECT_THAT(error_of(first).message, HasSubstr("missing: m-00002-of-00002.gguf"));
  const fs::path second = write("m-00002-of-00002.gguf", bytes);
  EXPECT_THAT(error_of(second).message, HasSubstr("name the first part, m-00001-of-00002.gguf"));
  const auto file = inspect_model_file(first);
  ASSERT_TRUE(file) << to_string(file.error());
  EXPECT_EQ(file->file_bytes, 2 * bytes.size());
  write("m-00002-of-00002.gguf", bytes.substr(0, bytes.size() / 2));
  EXPECT_THAT(error_of(first).message, HasSubstr("m-00002-of-00002.gguf: the file is cut short"));
}

}  // namespace
}  // namespace minerva::inference
