#include "inference/library_fault.h"

#include <ggml.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <utility>
#include <vector>

#include "inference/llama_log.h"

namespace minerva::inference {
namespace {

// Set once, before anything can fail.
std::function<void(const Error&)>& handler() {
  static std::function<void(const Error&)> instance;
  return instance;
}

void tell(const char* message) {
  static std::atomic<bool> told{false};
  if (told.exchange(true) || !handler()) return;
  std::vector<std::string> lines = recent_library_errors();
  lines.emplace_back(message);
  handler()({.code = fault_code(lines), .message = message, .field = {}});
}

[[noreturn]] void on_terminate() {
  try {
    if (const auto current = std::current_exception()) std::rethrow_exception(current);
    tell("the program was terminated");
  } catch (const std::exception& exception) {
    tell(exception.what());
  } catch (...) {
    tell("an unknown exception");
  }
  std::abort();
}

bool contains_any(std::string_view line, std::span<const std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return line.contains(word); });
}

}  // namespace

bool tells_of_memory(std::string_view line) {
  static constexpr std::array<std::string_view, 6> kWords{
      "alloc",           "out of memory",   "OutOfDeviceMemory",
      "OutOfHostMemory", "OutOfPoolMemory", "insufficient memory"};
  return contains_any(line, kWords);
}

bool tells_of_lost_device(std::string_view line) {
  static constexpr std::array<std::string_view, 4> kWords{"DeviceLost", "device lost", "DEVICE_LOST",
                                                          "device is lost"};
  return contains_any(line, kWords);
}

ErrorCode fault_code(std::span<const std::string> lines) {
  if (std::ranges::any_of(lines, tells_of_lost_device)) return ErrorCode::kGpuNotAvailable;
  if (std::ranges::any_of(lines, tells_of_memory)) return ErrorCode::kOutOfMemory;
  return ErrorCode::kWorkerCrashed;
}

void tell_before_the_end(std::function<void(const Error&)> tell_owner) {
  handler() = std::move(tell_owner);
  ggml_set_abort_callback([](const char* message) { tell(message); });
  std::set_terminate(on_terminate);
}

}  // namespace minerva::inference
