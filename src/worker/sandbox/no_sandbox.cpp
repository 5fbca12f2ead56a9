// A system for which there is no sandbox yet.

#include "worker/sandbox/sandbox.h"

namespace minerva::worker {

Result<wire::Sandbox> enter_sandbox(const wire::LoadOptions& options) {
  if (options.sandbox == wire::SandboxMode::kOff) return wire::Sandbox{};
  if (options.sandbox == wire::SandboxMode::kOn) {
    return fail(ErrorCode::kInvalidConfiguration,
                "on this system the worker cannot be confined: leave --sandbox at auto", "sandbox");
  }
  return wire::Sandbox{.missing = {"everything (only Linux is supported)"}};
}

}  // namespace minerva::worker
