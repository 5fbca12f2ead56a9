#include "worker/sandbox/sandbox.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>

#include "base/log.h"
#include "worker/sandbox/file_rules.h"
#include "worker/sandbox/landlock.h"
#include "worker/sandbox/system_calls.h"

namespace minerva::worker {
namespace {

// Prompts and answers lie in its memory, and a core file would keep them.
void leave_no_core() {
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  ::setrlimit(RLIMIT_CORE, &none);
}

}  // namespace

Result<wire::Sandbox> enter_sandbox(const wire::LoadOptions& options) {
  wire::Sandbox sandbox;
  if (options.sandbox == wire::SandboxMode::kOff) return sandbox;
  leave_no_core();
  const auto note = [&sandbox](const Status& done, std::string_view what) {
    if (!done) sandbox.missing.push_back(fmt::format("{} ({})", what, done.error().message));
    return done.has_value();
  };
  if (landlock_version() == 0) {
    sandbox.missing.emplace_back("files (this kernel has no Landlock, or it is switched off)");
  } else {
    sandbox.files = note(restrict_files(file_rules(options)), "files");
  }
  // The last: it refuses nothing that the first needs, but may one day.
  sandbox.system_calls = note(refuse_system_calls(), "system calls");
  if (sandbox.missing.empty()) return sandbox;
  const std::string missing = fmt::format("{}", fmt::join(sandbox.missing, "; "));
  if (options.sandbox == wire::SandboxMode::kOn) {
    return fail(
        ErrorCode::kInvalidConfiguration,
        fmt::format("this system cannot confine the worker's {}: --sandbox auto does what it can", missing),
        "sandbox");
  }
  log::warn("worker", "this system cannot confine the worker's {}", missing);
  return sandbox;
}

}  // namespace minerva::worker
