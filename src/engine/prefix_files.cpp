#include "engine/prefix_files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "base/log.h"
#include "engine/prefix_file.h"

namespace minerva::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExtension = ".prefix";

// What may wait to be written, in memory: a disk that cannot follow loses prefixes rather than memory.
constexpr std::uint64_t kMostUnwritten = std::uint64_t{512} << 20U;

// The same tokens have the same name, so that servers which share a folder do not keep them twice.
std::string name_of(const TokenPrefix& prefix) {
  // FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/
  std::uint64_t hash = 0xCBF29CE484222325ULL ^ prefix.space;
  for (const Token token : prefix.tokens)
    hash = (hash ^ static_cast<std::uint32_t>(token)) * 0x100000001B3ULL;
  return fmt::format("{:016x}{}", hash, kExtension);
}

void touch(const fs::path& path) {
  std::error_code gone;
  fs::last_write_time(path, fs::file_time_type::clock::now(), gone);
}

struct FileOnDisk {
  fs::path path;
  std::uint64_t n_bytes = 0;
  fs::file_time_type last_used;
};

// What a crash left half written. Another server that shares the folder may be writing a younger one.
void remove_abandoned(const fs::path& folder) {
  constexpr std::chrono::hours kNobodyWritesSoLong{1};
  std::error_code error;
  for (fs::directory_iterator it{folder, error}, end; !error && it != end; it.increment(error)) {
    std::error_code gone;
    const auto written = it->last_write_time(gone);
    const bool is_old = !gone && fs::file_time_type::clock::now() - written > kNobodyWritesSoLong;
    if (is_old && it->path().extension() == ".tmp") fs::remove(it->path(), gone);
  }
}

// Every model's files under the folder.
std::vector<FileOnDisk> all_files(const fs::path& folder) {
  std::vector<FileOnDisk> files;
  std::error_code error;
  for (fs::recursive_directory_iterator it{folder, error}, end; !error && it != end; it.increment(error)) {
    std::error_code gone;
    if (it->path().extension() != kExtension) continue;
    FileOnDisk file{
        .path = it->path(), .n_bytes = it->file_size(gone), .last_used = it->last_write_time(gone)};
    if (!gone) files.push_back(std::move(file));
  }
  return files;
}

}  // namespace

class PrefixFiles::Impl {
 public:
  explicit Impl(const PrefixFilesOptions& options)
      : options_{options}, folder_{options.folder / fmt::format("{:016x}", options.model_key)} {}

  ~Impl() {
    {
      const std::lock_guard lock{mutex_};
      closing_ = true;
    }
    changed_.notify_all();
  }

  Status open();

  // --- the caller's thread
  [[nodiscard]] std::uint32_t n_saved(const TokenPrefix& prefix) const;
  [[nodiscard]] std::uint64_t n_bytes() const;
  void save(std::shared_ptr<const StoredPrefix> prefix);
  bool fetch(const TokenPrefix& prompt, std::uint32_t n_known, std::uint64_t max_bytes, bool whole);
  std::vector<std::shared_ptr<const StoredPrefix>> take_fetched();
  void await_fetched();

 private:
  struct Known {
    PrefixName what;
    std::uint64_t n_bytes = 0;
    bool written = false;
    bool wanted = false;  // it is to be read, or being read
  };

  void know_locked(const std::string& name, Known known);
  void forget_locked(const std::string& name);

  // --- the thread of the files
  void work();
  void write(const std::shared_ptr<const StoredPrefix>& prefix);
  void read(const std::string& name);
  void keep_within_bounds();

  const PrefixFilesOptions options_;
  const fs::path folder_;  // of this model

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Known> known_;  // by file name
  std::uint64_t n_known_bytes_ = 0;
  std::deque<std::shared_ptr<const StoredPrefix>> to_write_;
  std::uint64_t n_unwritten_bytes_ = 0;
  std::deque<std::string> to_read_;
  std::size_t n_reading_ = 0;  // asked for and neither read nor given up
  std::vector<std::shared_ptr<const StoredPrefix>> fetched_;
  bool closing_ = false;
  std::jthread thread_;  // last: it uses the others
};

Status PrefixFiles::Impl::open() {
  if (Status made = make_folder(folder_); !made) return made;
  remove_abandoned(folder_);
  const std::lock_guard lock{mutex_};
  for (const FileOnDisk& file : all_files(folder_)) {
    auto what = read_prefix_name(file.path, options_.model_key);
    if (!what) continue;
    know_locked(file.path.filename().string(),
                {.what = std::move(*what), .n_bytes = file.n_bytes, .written = true});
  }
  thread_ = std::jthread{[this] { work(); }};
  return {};
}

// --- the caller's thread

std::uint32_t PrefixFiles::Impl::n_saved(const TokenPrefix& prefix) const {
  const std::lock_guard lock{mutex_};
  std::uint32_t most = 0;
  for (const auto& [name, known] : known_) most = std::max(most, n_shared(known.what.prefix(), prefix));
  return most;
}

std::uint64_t PrefixFiles::Impl::n_bytes() const {
  const std::lock_guard lock{mutex_};
  return n_known_bytes_;
}

void PrefixFiles::Impl::save(std::shared_ptr<const StoredPrefix> prefix) {
  const std::lock_guard lock{mutex_};
  if (prefix->n_bytes() > options_.max_bytes || n_unwritten_bytes_ + prefix->n_bytes() > kMostUnwritten) {
    log::debug("prefix", "{} tokens are not saved: {} bytes are too many now", prefix->tokens.size(),
               prefix->n_bytes());
    return;
  }
  know_locked(name_of(prefix->prefix()),
              {.what = {.tokens = prefix->tokens, .space = prefix->space}, .n_bytes = prefix->n_bytes()});
  n_unwritten_bytes_ += prefix->n_bytes();
  to_write_.push_back(std::move(prefix));
  changed_.notify_all();
}

bool PrefixFiles::Impl::fetch(const TokenPrefix& prompt, std::uint32_t n_known, std::uint64_t max_bytes,
                              bool whole) {
  const std::lock_guard lock{mutex_};
  auto best = known_.end();
  for (auto it = known_.begin(); it != known_.end(); ++it) {
    if (!it->second.written || it->second.n_bytes > max_bytes) continue;
    const std::uint32_t n = n_shared(it->second.what.prefix(), prompt);
    if (n <= n_known || (whole && n < it->second.what.tokens.size())) continue;
    n_known = n;
    best = it;
  }
  if (best == known_.end()) return false;
  if (best->second.wanted) return true;
  best->second.wanted = true;
  to_read_.push_back(best->first);
  ++n_reading_;
  changed_.notify_all();
  return true;
}

std::vector<std::shared_ptr<const StoredPrefix>> PrefixFiles::Impl::take_fetched() {
  const std::lock_guard lock{mutex_};
  return std::exchange(fetched_, {});
}

void PrefixFiles::Impl::await_fetched() {
  std::unique_lock lock{mutex_};
  const std::size_t n_before = n_reading_;
  changed_.wait(lock, [&] { return !fetched_.empty() || n_reading_ == 0 || n_reading_ < n_before; });
}

// --- what is known, for both

void PrefixFiles::Impl::know_locked(const std::string& name, Known known) {
  forget_locked(name);
  n_known_bytes_ += known.n_bytes;
  known_.emplace(name, std::move(known));
}

void PrefixFiles::Impl::forget_locked(const std::string& name) {
  const auto known = known_.find(name);
  if (known == known_.end()) return;
  n_known_bytes_ -= known->second.n_bytes;
  known_.erase(known);
}

// --- the thread of the files

// Reads first: somebody waits for them.
void PrefixFiles::Impl::work() {
  std::unique_lock lock{mutex_};
  while (true) {
    changed_.wait(lock, [&] { return closing_ || !to_read_.empty() || !to_write_.empty(); });
    if (!to_read_.empty() && !closing_) {
      const std::string name = std::move(to_read_.front());
      to_read_.pop_front();
      lock.unlock();
      read(name);
      lock.lock();
    } else if (!to_write_.empty()) {
      const auto prefix = std::move(to_write_.front());
      to_write_.pop_front();
      lock.unlock();
      write(prefix);
      lock.lock();
    } else if (closing_) {
      return;
    }
  }
}

void PrefixFiles::Impl::write(const std::shared_ptr<const StoredPrefix>& prefix) {
  const std::string name = name_of(prefix->prefix());
  const Status written = write_prefix_file(folder_ / name, options_.model_key, *prefix);
  {
    const std::lock_guard lock{mutex_};
    n_unwritten_bytes_ -= prefix->n_bytes();
    if (!written) forget_locked(name);
    if (const auto known = known_.find(name); known != known_.end()) known->second.written = true;
  }
  if (!written) return log::warn("prefix", "{}", to_string(written.error()));
  keep_within_bounds();
}

void PrefixFiles::Impl::read(const std::string& name) {
  auto prefix = read_prefix_file(folder_ / name, options_.model_key);
  if (prefix) {
    touch(folder_ / name);
  } else {
    std::error_code gone;
    fs::remove(folder_ / name, gone);
    log::warn("prefix", "{} is damaged or gone", (folder_ / name).string());
  }
  const std::lock_guard lock{mutex_};
  --n_reading_;
  if (!prefix) forget_locked(name);
  if (const auto known = known_.find(name); known != known_.end()) known->second.wanted = false;
  if (prefix) fetched_.push_back(std::make_shared<const StoredPrefix>(std::move(*prefix)));
  changed_.notify_all();
}

void PrefixFiles::Impl::keep_within_bounds() {
  auto files = all_files(options_.folder);
  std::uint64_t n_bytes = 0;
  for (const FileOnDisk& file : files) n_bytes += file.n_bytes;
  std::ranges::sort(files, {}, &FileOnDisk::last_used);
  for (const FileOnDisk& file : files) {
    if (n_bytes <= options_.max_bytes) return;
    std::error_code gone;
    fs::remove(file.path, gone);
    n_bytes -= file.n_bytes;
    if (file.path.parent_path() != folder_) continue;
    const std::lock_guard lock{mutex_};
    forget_locked(file.path.filename().string());
  }
}

// --- the door

PrefixFiles::PrefixFiles(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
PrefixFiles::~PrefixFiles() = default;

Status PrefixFiles::make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error && ::access(folder.c_str(), W_OK | X_OK) != 0)
    error = std::error_code{errno, std::generic_category()};
  if (!error) return {};
  return fail(ErrorCode::kInvalidConfiguration,
              fmt::format("the folder for cached prefixes, {}, cannot be written to: {}", folder.string(),
                          error.message()),
              "prefix-cache-dir");
}

Result<std::unique_ptr<PrefixFiles>> PrefixFiles::open(const PrefixFilesOptions& options) {
  auto impl = std::make_unique<Impl>(options);
  if (const Status opened = impl->open(); !opened) return std::unexpected(opened.error());
  return std::unique_ptr<PrefixFiles>{new PrefixFiles(std::move(impl))};
}

std::uint32_t PrefixFiles::n_saved(const TokenPrefix& prefix) const { return impl_->n_saved(prefix); }
std::uint64_t PrefixFiles::n_bytes() const { return impl_->n_bytes(); }
void PrefixFiles::save(std::shared_ptr<const StoredPrefix> prefix) { impl_->save(std::move(prefix)); }
bool PrefixFiles::fetch(const TokenPrefix& prompt, std::uint32_t n_known, std::uint64_t max_bytes,
                        bool whole) {
  return impl_->fetch(prompt, n_known, max_bytes, whole);
}
std::vector<std::shared_ptr<const StoredPrefix>> PrefixFiles::take_fetched() { return impl_->take_fetched(); }
void PrefixFiles::await_fetched() { impl_->await_fetched(); }

}  // namespace minerva::engine
