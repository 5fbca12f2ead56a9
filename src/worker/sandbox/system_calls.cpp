#include "worker/sandbox/system_calls.h"

#include <fmt/format.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

namespace minerva::worker {
namespace {

// By name: some exist on some processors only, and newer ones are unknown to older headers.
constexpr const char* kRefused[] = {
    // other programs and privileges
    "execve", "execveat", "fork", "vfork", "setuid", "setgid", "setreuid", "setregid", "setresuid",
    "setresgid", "setgroups", "setfsuid", "setfsgid", "capset", "personality",
    // other processes
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd", "pidfd_open",
    "pidfd_send_signal", "rt_sigqueueinfo", "rt_tgsigqueueinfo",
    // the network, and the way to services of this machine: a socketpair stays
    "socket", "bind", "listen", "accept", "accept4", "connect",
    // names and owners of files that it may read
    "chmod", "fchmodat", "fchmodat2", "chown", "lchown", "fchown", "fchownat", "setxattr", "lsetxattr",
    "fsetxattr", "removexattr", "lremovexattr", "fremovexattr", "setxattrat", "removexattrat", "mknod",
    "mknodat", "open_by_handle_at", "name_to_handle_at",
    // the shape of the file system
    "mount", "umount", "umount2", "pivot_root", "chroot", "fsopen", "fsconfig", "fsmount", "fspick",
    "move_mount", "open_tree", "mount_setattr", "quotactl", "quotactl_fd", "swapon", "swapoff",
    "fanotify_init", "acct",
    // namespaces
    "unshare", "setns",
    // the kernel, and parts of it with a long history of mistakes
    "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register",
    "keyctl", "add_key", "request_key", "init_module", "finit_module", "delete_module", "kexec_load",
    "kexec_file_load", "reboot", "syslog", "iopl", "ioperm", "settimeofday", "clock_settime", "clock_adjtime",
    "adjtimex", "stime", "sethostname", "setdomainname", "vhangup", "lookup_dcookie", "nfsservctl", "uselib"};

struct Release {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, Release>;

Status failed(int code, const char* what) {
  return fail(ErrorCode::kInternal, fmt::format("the filter of system calls: {}: {}", what,
                                                std::generic_category().message(-code)));
}

int refuse_by_name(scmp_filter_ctx filter) {
  for (const char* const name : kRefused) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR) continue;  // none of this processor, or none that this libseccomp knows
    if (const int code = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0); code != 0) return code;
  }
  return 0;
}

// New threads may be made, new processes and namespaces may not: a clone without CLONE_THREAD is a fork.
int refuse_by_argument(scmp_filter_ctx filter) {
  const auto refuse = [filter](int call, const scmp_arg_cmp& condition) {
    return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), call, 1, &condition);
  };
  int code = refuse(SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
  // Only itself: abort() and the kernel's own way of ending it are not touched.
  if (code == 0) code = refuse(SCMP_SYS(kill), SCMP_A0(SCMP_CMP_NE, static_cast<scmp_datum_t>(::getpid())));
  if (code == 0) code = refuse(SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_NE, static_cast<scmp_datum_t>(::getpid())));
  // Typing into the terminal of whoever started the server.
  if (code == 0) code = refuse(SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, TIOCSTI));
  if (code == 0) code = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
  return code;
}

}  // namespace

Status refuse_system_calls() {
  const Filter filter{seccomp_init(SCMP_ACT_ALLOW)};
  if (!filter) return failed(-ENOMEM, "it cannot be made");
  // Programs for another word size would have other numbers: this process has none, so such a call is no accident.
  if (const int code = seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
      code != 0)
    return failed(code, "other architectures");
  if (const int code = refuse_by_name(filter.get()); code != 0) return failed(code, "a call");
  if (const int code = refuse_by_argument(filter.get()); code != 0) return failed(code, "an argument");
  if (const int code = seccomp_load(filter.get()); code != 0)
    return failed(code, "the kernel does not take it");
  return {};
}

}  // namespace minerva::worker
