#include "engine/prefix_files.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <numeric>

#include "base/log.h"
#include "engine/prefix_file.h"
#include "support/temporary_folder.h"

namespace minerva::engine {
namespace {

namespace fs = std::filesystem;
using Tokens = std::vector<inference::Token>;

constexpr std::uint64_t kRoomy = 1U << 20U;
constexpr std::uint64_t kModel = 77;

// `n` tokens from `first` on, with a state that depends on them.
std::shared_ptr<const StoredPrefix> prefix(inference::Token first, std::size_t n, std::uint32_t space = 0) {
  StoredPrefix made{.tokens = Tokens(n), .space = space, .state = inference::SlotState(10 * n)};
  std::iota(made.tokens.begin(), made.tokens.end(), first);
  for (std::size_t i = 0; i < made.state.size(); ++i)
    made.state[i] = static_cast<std::uint8_t>(static_cast<std::size_t>(first) + i);
  return std::make_shared<const StoredPrefix>(std::move(made));
}

class PrefixFilesTest : public testing::Test {
 protected:
  void SetUp() override { log::configure(log::Level::kOff, ""); }

  [[nodiscard]] std::unique_ptr<PrefixFiles> open(std::uint64_t max_bytes = kRoomy,
                                                  std::uint64_t model = kModel) const {
    auto files = PrefixFiles::open({.folder = folder_.path(), .max_bytes = max_bytes, .model_key = model});
    EXPECT_TRUE(files);
    return std::move(*files);
  }

  static std::shared_ptr<const StoredPrefix> fetched(PrefixFiles& files, const Tokens& tokens,
                                                     std::uint32_t n_known = 0) {
    if (!files.fetch({.tokens = tokens}, n_known, kRoomy)) return nullptr;
    files.await_fetched();
    const auto found = files.take_fetched();
    return found.empty() ? nullptr : found.front();
  }

  [[nodiscard]] std::vector<fs::path> all_files() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator{folder_.path()})
      if (entry.is_regular_file()) found.push_back(entry.path());
    return found;
  }

  support::TemporaryFolder folder_;
};

TEST_F(PrefixFilesTest, FindsAfterARestartWhatWasSaved) {
  open()->save(prefix(1, 100));
  const auto files = open();
  Tokens longer = prefix(1, 100)->tokens;
  longer[60] = 0;
  EXPECT_EQ(files->n_saved({.tokens = longer}), 60U);
  const auto found = fetched(*files, longer);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->tokens, prefix(1, 100)->tokens);
  EXPECT_EQ(found->state, prefix(1, 100)->state);
}

TEST_F(PrefixFilesTest, KnowsWhosePrefixAFileIs) {
  open()->save(prefix(1, 100, 7));
  open()->save(prefix(1, 50));
  const auto files = open();
  EXPECT_EQ(files->n_saved(prefix(1, 100)->prefix()), 50U);
  EXPECT_EQ(files->n_saved(prefix(1, 100, 7)->prefix()), 100U);
  EXPECT_EQ(files->n_saved(prefix(1, 100, 8)->prefix()), 0U);
  ASSERT_TRUE(files->fetch(prefix(1, 100, 7)->prefix(), 60, kRoomy));
  files->await_fetched();
  const auto found = files->take_fetched();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.front()->space, 7U);
}

TEST_F(PrefixFilesTest, ReadsTheLongestAndOnlyWhatIsLongerThanWhatIsKnown) {
  open()->save(prefix(1, 100));
  open()->save(prefix(1, 200));
  const auto files = open();
  const Tokens tokens = prefix(1, 300)->tokens;
  EXPECT_FALSE(files->fetch(TokenPrefix{.tokens = tokens}, 200, kRoomy));
  EXPECT_FALSE(files->fetch(prefix(5, 10)->prefix(), 0, kRoomy));
  const auto found = fetched(*files, tokens, 199);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->tokens.size(), 200U);
}

TEST_F(PrefixFilesTest, ReadsNothingThatMemoryCannotHold) {
  open()->save(prefix(1, 100));
  EXPECT_FALSE(open()->fetch(prefix(1, 100)->prefix(), 0, 100));
}

TEST_F(PrefixFilesTest, UsesNoFileOfAnotherModel) {
  open()->save(prefix(1, 100));
  EXPECT_EQ(open(kRoomy, kModel + 1)->n_saved(prefix(1, 100)->prefix()), 0U);
  fs::rename(all_files().front(), folder_.path() / fs::path{"000000000000004e"} / "moved.prefix");
  EXPECT_EQ(open(kRoomy, kModel + 1)->n_saved(prefix(1, 100)->prefix()), 0U);
}

TEST_F(PrefixFilesTest, ForgetsAFileThatIsDamaged) {
  open()->save(prefix(1, 100));
  const fs::path path = all_files().front();
  {
    std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
    file.seekp(700);
    file.put('!');
  }
  const auto files = open();
  EXPECT_EQ(fetched(*files, prefix(1, 100)->tokens), nullptr);
  EXPECT_EQ(files->n_saved(prefix(1, 100)->prefix()), 0U);
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(PrefixFilesTest, SeesNoFileThatIsCutShortWhereverItIsCut) {
  open()->save(prefix(1, 10));
  const fs::path path = all_files().front();
  for (auto n_bytes = fs::file_size(path); n_bytes > 0; --n_bytes) {
    fs::resize_file(path, n_bytes - 1);
    ASSERT_FALSE(read_prefix_file(path, kModel)) << n_bytes - 1;
    ASSERT_FALSE(read_prefix_name(path, kModel)) << n_bytes - 1;
  }
}

TEST_F(PrefixFilesTest, BelievesNoSizesThatTheFileDoesNotHave) {
  open()->save(prefix(1, 10));
  const fs::path path = all_files().front();
  for (const std::streamoff field : {16, 24}) {
    const auto bytes = [&] {
      std::ifstream file{path, std::ios::binary};
      return std::string{std::istreambuf_iterator<char>{file}, {}};
    }();
    std::string wrong = bytes;
    std::fill_n(wrong.begin() + field, 8, '\xFF');
    const fs::path other = folder_.path() / "wrong.prefix";
    std::ofstream{other, std::ios::binary} << wrong;
    EXPECT_FALSE(read_prefix_file(other, kModel));
    EXPECT_FALSE(read_prefix_name(other, kModel));
  }
}

TEST_F(PrefixFilesTest, LetsGoOfWhatWasUsedLongestAgo) {
  const std::uint64_t n_each = 40 + prefix(1, 100)->n_bytes();
  for (const inference::Token first : {1, 1000, 2000}) {
    open(3 * n_each)->save(prefix(first, 100));
    // The clock of a file system may tick slowly.
    for (const fs::path& path : all_files())
      fs::last_write_time(path, fs::last_write_time(path) - std::chrono::seconds{9});
  }
  EXPECT_TRUE(fetched(*open(3 * n_each), prefix(1, 100)->tokens));  // used now
  open(3 * n_each)->save(prefix(3000, 100));
  const auto files = open(3 * n_each);
  EXPECT_EQ(files->n_saved(prefix(1, 100)->prefix()), 100U);
  EXPECT_EQ(files->n_saved(prefix(1000, 100)->prefix()), 0U);
  EXPECT_EQ(files->n_saved(prefix(2000, 100)->prefix()), 100U);
  EXPECT_EQ(files->n_saved(prefix(3000, 100)->prefix()), 100U);
}

TEST_F(PrefixFilesTest, CountsTheBytesOfWhatItHas) {
  EXPECT_EQ(open()->n_bytes(), 0U);
  {
    const auto files = open();
    for (int i = 0; i < 2; ++i) files->save(prefix(1, 100));  // the same twice
    EXPECT_EQ(files->n_bytes(), prefix(1, 100)->n_bytes());
    files->save(prefix(1000, 100));
  }
  std::uint64_t n_on_disk = 0;
  for (const fs::path& path : all_files()) n_on_disk += fs::file_size(path);
  const auto files = open();
  EXPECT_EQ(files->n_bytes(), n_on_disk);
  fs::remove(all_files().front());
  for (const inference::Token first : {1, 1000}) (void)fetched(*files, prefix(first, 100)->tokens);
  EXPECT_EQ(files->n_bytes(), n_on_disk / 2);
}

TEST_F(PrefixFilesTest, SavesNothingLargerThanTheBound) {
  open(500)->save(prefix(1, 100));
  EXPECT_TRUE(all_files().empty());
}

TEST_F(PrefixFilesTest, LeavesNoTemporaryFiles) {
  open()->save(prefix(1, 100));
  ASSERT_EQ(all_files().size(), 1U);
  EXPECT_EQ(all_files().front().extension(), ".prefix");
}

TEST_F(PrefixFilesTest, RemovesWhatACrashLeftHalfWritten) {
  open()->save(prefix(1, 100));
  const fs::path folder = all_files().front().parent_path();
  for (const char* name : {"old.prefix.1.tmp", "new.prefix.2.tmp"}) std::ofstream{folder / name} << "half";
  fs::last_write_time(folder / "old.prefix.1.tmp", fs::file_time_type::clock::now() - std::chrono::hours{2});
  EXPECT_EQ(open()->n_saved(prefix(1, 100)->prefix()), 100U);
  EXPECT_FALSE(fs::exists(folder / "old.prefix.1.tmp"));
  EXPECT_TRUE(fs::exists(folder / "new.prefix.2.tmp"));
}

TEST_F(PrefixFilesTest, SaysWhichFolderCannotBeWrittenTo) {
  std::ofstream{folder_.path() / "file"} << "x";
  const auto files = PrefixFiles::open({.folder = folder_.path() / "file", .max_bytes = 1, .model_key = 1});
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().code, ErrorCode::kInvalidConfiguration);
  EXPECT_EQ(files.error().field, "prefix-cache-dir");
  EXPECT_TRUE(files.error().message.contains((folder_.path() / "file").string()));
}

}  // namespace
}  // namespace minerva::engine
