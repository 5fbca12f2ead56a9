#pragma once
// The log: one line an event on standard error, "time level room: text". Safe from any thread.
//
// Secrets never come here: keys are shown as their last four characters by whoever holds them.

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace minerva::log {

enum class Level { kDebug, kInfo, kWarn, kError, kOff };

// "debug", "info", "warn", "error", "off".
[[nodiscard]] Result<Level> parse_level(std::string_view text);

// Before the first line; `name` is shown when two programs share a terminal ("worker").
void configure(Level level, std::string_view name);

void write(Level level, std::string_view room, std::string_view text);

template <typename... Args>
void debug(std::string_view room, fmt::format_string<Args...> format, Args&&... args) {
  write(Level::kDebug, room, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void info(std::string_view room, fmt::format_string<Args...> format, Args&&... args) {
  write(Level::kInfo, room, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void warn(std::string_view room, fmt::format_string<Args...> format, Args&&... args) {
  write(Level::kWarn, room, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void error(std::string_view room, fmt::format_string<Args...> format, Args&&... args) {
  write(Level::kError, room, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace minerva::log
