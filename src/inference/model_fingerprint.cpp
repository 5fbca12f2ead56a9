#include "inference/model_fingerprint.h"

#include <algorithm>
#include <fstream>
#include <system_error>
#include <vector>

#include "inference/model_file.h"

namespace minerva::inference {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kFirstBytes = std::uint64_t{32} << 20U;
constexpr std::uint64_t kSampleBytes = 64 * 1024;
constexpr std::uint64_t kSamples = 128;

// FNV-1a over words, http://www.isthe.com/chongo/tech/comp/fnv/
class Hash {
 public:
  void add(std::uint64_t word) { value_ = (value_ ^ word) * 0x100000001B3ULL; }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xCBF29CE484222325ULL;
};

bool add_range(std::ifstream& file, std::uint64_t begin, std::uint64_t n_bytes, Hash& hash) {
  std::vector<std::uint64_t> words((n_bytes + sizeof(std::uint64_t) - 1) / sizeof(std::uint64_t));
  file.seekg(static_cast<std::streamoff>(begin));
  file.read(reinterpret_cast<char*>(words.data()), static_cast<std::streamsize>(n_bytes));
  for (const std::uint64_t word : words) hash.add(word);
  return file.good();
}

bool add_file(const fs::path& path, Hash& hash) {
  std::error_code error;
  const std::uint64_t n_bytes = fs::file_size(path, error);
  std::ifstream file{path, std::ios::binary};
  if (error || !file) return false;
  hash.add(n_bytes);
  const std::uint64_t n_first = std::min(n_bytes, kFirstBytes);
  if (!add_range(file, 0, n_first, hash)) return false;
  const std::uint64_t n_rest = n_bytes - n_first;
  if (n_rest < kSampleBytes) return add_range(file, n_first, n_rest, hash);
  for (std::uint64_t i = 0; i < kSamples; ++i) {
    const std::uint64_t begin = n_first + (n_rest - kSampleBytes) * i / (kSamples - 1);
    if (!add_range(file, begin, kSampleBytes, hash)) return false;
  }
  return true;
}

}  // namespace

std::uint64_t model_fingerprint(const fs::path& path) {
  const auto parts = model_file_parts(path);
  if (!parts) return 0;
  Hash hash;
  for (const fs::path& part : *parts) {
    if (!add_file(part, hash)) return 0;
  }
  return std::max<std::uint64_t>(1, hash.value());
}

}  // namespace minerva::inference
