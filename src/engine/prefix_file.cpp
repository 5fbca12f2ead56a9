#include "engine/prefix_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <boost/crc.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>

namespace minerva::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::array<char, 8> kMagic{'M', 'I', 'N', 'E', 'R', 'V', 'A', '2'};

struct Head {
  std::array<char, 8> magic = kMagic;
  std::uint64_t model_key = 0;
  std::uint64_t n_tokens = 0;
  std::uint64_t n_state = 0;
  std::uint32_t checksum = 0;
  std::uint32_t space = 0;
};
static_assert(sizeof(Head) == 40);

std::uint32_t checksum_of(const StoredPrefix& prefix) {
  boost::crc_32_type crc;
  crc.process_bytes(&prefix.space, sizeof prefix.space);
  crc.process_bytes(prefix.tokens.data(), prefix.tokens.size() * sizeof(inference::Token));
  crc.process_bytes(prefix.state.data(), prefix.state.size());
  return crc.checksum();
}

// Written in full and on the disk when close() succeeded.
class NewFile {
 public:
  explicit NewFile(const fs::path& path)
      : fd_{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)} {}
  ~NewFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  [[nodiscard]] bool write(const void* data, std::size_t n_bytes) const {
    const char* at = static_cast<const char*>(data);
    while (n_bytes > 0) {
      const ssize_t n = ::write(fd_, at, n_bytes);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      at += n;
      n_bytes -= static_cast<std::size_t>(n);
    }
    return true;
  }
  [[nodiscard]] bool close() { return fd_ >= 0 && ::fsync(fd_) == 0 && ::close(std::exchange(fd_, -1)) == 0; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }

 private:
  int fd_;
};

bool write_all(const fs::path& path, const Head& head, const StoredPrefix& prefix) {
  NewFile file{path};
  return file.is_open() && file.write(&head, sizeof head) &&
         file.write(prefix.tokens.data(), prefix.tokens.size() * sizeof(inference::Token)) &&
         file.write(prefix.state.data(), prefix.state.size()) && file.close();
}

// The stream behind a head that fits the file's size.
std::optional<Head> read_head(const fs::path& path, std::uint64_t model_key, std::ifstream& file) {
  Head head;
  std::error_code error;
  const std::uint64_t n_bytes = fs::file_size(path, error);
  if (error) return std::nullopt;
  file.open(path, std::ios::binary);
  if (!file.read(reinterpret_cast<char*>(&head), sizeof head)) return std::nullopt;
  const bool fits = head.n_tokens <= n_bytes / sizeof(inference::Token) && head.n_state <= n_bytes &&
                    n_bytes == sizeof head + head.n_tokens * sizeof(inference::Token) + head.n_state;
  if (head.magic != kMagic || head.model_key != model_key || !fits) return std::nullopt;
  return head;
}

std::vector<inference::Token> read_tokens(const Head& head, std::ifstream& file) {
  std::vector<inference::Token> tokens(head.n_tokens);
  file.read(reinterpret_cast<char*>(tokens.data()),
            static_cast<std::streamsize>(tokens.size() * sizeof(inference::Token)));
  return tokens;
}

}  // namespace

Status write_prefix_file(const fs::path& path, std::uint64_t model_key, const StoredPrefix& prefix) {
  const Head head{.model_key = model_key,
                  .n_tokens = prefix.tokens.size(),
                  .n_state = prefix.state.size(),
                  .checksum = checksum_of(prefix),
                  .space = prefix.space};
  const fs::path temporary = fmt::format("{}.{}.tmp", path.string(), ::getpid());
  std::error_code error;
  if (write_all(temporary, head, prefix)) {
    fs::rename(temporary, path, error);
    if (!error) return {};
  } else {
    error = std::error_code{errno, std::generic_category()};
  }
  std::error_code ignored;
  fs::remove(temporary, ignored);
  return fail(ErrorCode::kInternal, fmt::format("{} cannot be written: {}", path.string(), error.message()));
}

std::optional<StoredPrefix> read_prefix_file(const fs::path& path, std::uint64_t model_key) {
  std::ifstream file;
  const auto head = read_head(path, model_key, file);
  if (!head) return std::nullopt;
  StoredPrefix prefix{
      .tokens = read_tokens(*head, file), .space = head->space, .state = inference::SlotState(head->n_state)};
  file.read(reinterpret_cast<char*>(prefix.state.data()), static_cast<std::streamsize>(prefix.state.size()));
  if (!file || checksum_of(prefix) != head->checksum) return std::nullopt;
  return prefix;
}

std::optional<PrefixName> read_prefix_name(const fs::path& path, std::uint64_t model_key) {
  std::ifstream file;
  const auto head = read_head(path, model_key, file);
  if (!head) return std::nullopt;
  PrefixName name{.tokens = read_tokens(*head, file), .space = head->space};
  if (!file) return std::nullopt;
  return name;
}

}  // namespace minerva::engine
