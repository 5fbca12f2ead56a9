#include "worker/sandbox/landlock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace minerva::worker {
namespace {

constexpr int kTcp = 4;
constexpr int kDeviceRequests = 5;
constexpr int kScopes = 6;

class Descriptor {
 public:
  explicit Descriptor(long fd) : fd_{static_cast<int>(fd)} {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

Status failed(const std::string& what) {
  return fail(ErrorCode::kInternal, fmt::format("{}: {}", what, std::generic_category().message(errno)));
}

// Everything that version knows of files: what is handled and not allowed by a rule is forbidden.
std::uint64_t handled_files(int version) {
  std::uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1U) - 1;  // version 1: from EXECUTE to MAKE_SYM
  if (version >= 2) rights |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) rights |= LANDLOCK_ACCESS_FS_TRUNCATE;
  if (version >= kDeviceRequests) rights |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
  return rights;
}

std::uint64_t rights_of(FileAccess access) {
  constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
  constexpr std::uint64_t kWrite = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE;
  switch (access) {
    case FileAccess::kRead: return kRead;
    case FileAccess::kDevice: return kRead | kWrite | LANDLOCK_ACCESS_FS_IOCTL_DEV;
    case FileAccess::kChange: break;
  }
  return kRead | kWrite | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR |
         LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REFER;
}

constexpr std::uint64_t kOfFiles = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                                   LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_TRUNCATE |
                                   LANDLOCK_ACCESS_FS_IOCTL_DEV;

Status add_rule(int ruleset, const FileRule& rule, std::uint64_t handled) {
  const Descriptor file{::open(rule.path.c_str(), O_PATH | O_CLOEXEC)};
  if (file.get() < 0) return {};  // it went meanwhile
  struct stat about{};
  if (::fstat(file.get(), &about) != 0) return failed(rule.path.string());
  std::uint64_t rights = rights_of(rule.access) & handled;
  if (!S_ISDIR(about.st_mode)) rights &= kOfFiles;
  const landlock_path_beneath_attr beneath{.allowed_access = rights, .parent_fd = file.get()};
  if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) != 0)
    return failed(fmt::format("a rule for {}", rule.path.string()));
  return {};
}

}  // namespace

int landlock_version() {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version > 0 ? static_cast<int>(version) : 0;
}

Status restrict_files(std::span<const FileRule> rules) {
  const int version = landlock_version();
  landlock_ruleset_attr wanted{};
  wanted.handled_access_fs = handled_files(version);
  if (version >= kTcp)
    wanted.handled_access_net = LANDLOCK_ACCESS_NET_BIND_TCP | LANDLOCK_ACCESS_NET_CONNECT_TCP;
  if (version >= kScopes) wanted.scoped = LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPE_SIGNAL;
  const Descriptor ruleset{::syscall(SYS_landlock_create_ruleset, &wanted, sizeof wanted, 0)};
  if (ruleset.get() < 0) return failed("the kernel makes no set of rules");
  for (const FileRule& rule : rules) {
    if (Status added = add_rule(ruleset.get(), rule, wanted.handled_access_fs); !added) return added;
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("PR_SET_NO_NEW_PRIVS");
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) return failed("the rules were not taken");
  return {};
}

}  // namespace minerva::worker
