#pragma once
// The one error of the house, and the table that says what each code means to every reader.
//
// Threads: values; no shared state. An Error is rendered late: rooms add facts, the edge (HTTP dialect, terminal)
// chooses the words around them.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace minerva {

// Closed set. The order is the wire value: append only.
enum class ErrorCode : std::uint8_t {
  kInvalidRequest,
  kUnauthorized,
  kForbidden,
  kNotFound,
  kMethodNotAllowed,
  kModelNotFound,
  kModelInvalid,
  kModelOutOfMemory,
  kGpuNotAvailable,
  kContextTooSmall,
  kContextOverflow,
  kTokenizationFailed,
  kTemplateFailed,
  kSamplingFailed,
  kOutOfMemory,
  kWorkerCrashed,
  kWorkerHung,
  kNotReady,
  kTimeout,
  kQueueFull,
  kRateLimited,
  kCancelled,
  kClientTooSlow,
  kBodyTooLarge,
  kHeadersTooLarge,
  kAddressInUse,
  kInvalidConfiguration,
  kShuttingDown,
  kInternal,
};
inline constexpr std::size_t kErrorCodeCount = static_cast<std::size_t>(ErrorCode::kInternal) + 1;

// What a code means outside the process. `exit_status`: 2 usage or configuration, 3 model, 4 device or memory,
// 5 network, 1 everything else.
struct ErrorTraits {
  std::string_view name;  // stable, snake_case; part of the API
  int http_status;
  int exit_status;
  bool retryable;  // the same request may succeed later without being changed
};

[[nodiscard]] const ErrorTraits& traits(ErrorCode code);

// The code with this stable name, if there is one.
[[nodiscard]] std::optional<ErrorCode> error_code_from_name(std::string_view name);

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  // one or two sentences a user can act on
  std::string field;    // the request field, flag or key at fault; empty when none is
  // Seconds after which a retry makes sense; 0 when unknown.
  std::uint32_t retry_after_s = 0;

  friend bool operator==(const Error&, const Error&) = default;
};

template <typename T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string message,
                                                 std::string field = {}) {
  return std::unexpected(Error{.code = code, .message = std::move(message), .field = std::move(field)});
}

// "model_invalid: the file is not a GGUF (field)": for logs and terminals.
[[nodiscard]] std::string to_string(const Error& error);

}  // namespace minerva
