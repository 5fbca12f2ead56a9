#include "base/error.h"

#include <algorithm>
#include <array>

namespace minerva {
namespace {

constexpr std::array<ErrorTraits, kErrorCodeCount> kTraits{{
    {"invalid_request", 400, 2, false},
    {"unauthorized", 401, 1, false},
    {"forbidden", 403, 1, false},
    {"not_found", 404, 1, false},
    {"method_not_allowed", 405, 1, false},
    {"model_not_found", 404, 3, false},
    {"model_invalid", 500, 3, false},
    {"model_out_of_memory", 500, 4, false},
    {"gpu_not_available", 503, 4, false},
    {"context_too_small", 400, 2, false},
    {"context_overflow", 400, 1, false},
    {"tokenization_failed", 400, 1, false},
    {"template_failed", 400, 1, false},
    {"sampling_failed", 500, 1, false},
    {"out_of_memory", 503, 4, true},
    {"worker_crashed", 500, 1, true},
    {"worker_hung", 500, 1, true},
    {"not_ready", 503, 1, true},
    {"timeout", 504, 1, true},
    {"queue_full", 503, 1, true},
    {"rate_limited", 429, 1, true},
    {"cancelled", 499, 1, false},
    {"client_too_slow", 408, 1, true},
    {"body_too_large", 413, 1, false},
    {"headers_too_large", 431, 1, false},
    {"address_in_use", 500, 5, false},
    {"invalid_configuration", 500, 2, false},
    {"shutting_down", 503, 1, true},
    {"internal", 500, 1, false},
}};

}  // namespace

const ErrorTraits& traits(ErrorCode code) { return kTraits.at(static_cast<std::size_t>(code)); }

std::optional<ErrorCode> error_code_from_name(std::string_view name) {
  const auto* found = std::ranges::find(kTraits, name, &ErrorTraits::name);
  if (found == kTraits.end()) return std::nullopt;
  return static_cast<ErrorCode>(found - kTraits.begin());
}

std::string to_string(const Error& error) {
  std::string text{traits(error.code).name};
  text += ": ";
  text += error.message;
  if (!error.field.empty()) text += " (" + error.field + ")";
  return text;
}

}  // namespace minerva
