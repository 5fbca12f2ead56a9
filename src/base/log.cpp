#include "base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <memory>

namespace minerva::log {
namespace {

struct LevelName {
  Level level;
  std::string_view name;
  spdlog::level::level_enum theirs;
};

constexpr std::array<LevelName, 5> kLevels{{
    {Level::kDebug, "debug", spdlog::level::debug},
    {Level::kInfo, "info", spdlog::level::info},
    {Level::kWarn, "warn", spdlog::level::warn},
    {Level::kError, "error", spdlog::level::err},
    {Level::kOff, "off", spdlog::level::off},
}};

spdlog::level::level_enum theirs(Level level) { return kLevels.at(static_cast<std::size_t>(level)).theirs; }

std::shared_ptr<spdlog::logger> make_logger() {
  auto logger =
      std::make_shared<spdlog::logger>("minerva", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  logger->set_pattern("%H:%M:%S.%e %^%-7l%$ %v");
  logger->flush_on(spdlog::level::debug);
  return logger;
}

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = make_logger();
  return *instance;
}

}  // namespace

Result<Level> parse_level(std::string_view text) {
  for (const LevelName& known : kLevels) {
    if (known.name == text) return known.level;
  }
  return fail(ErrorCode::kInvalidConfiguration,
              fmt::format("'{}' is not a log level; use debug, info, warn, error or off", text));
}

void configure(Level level, std::string_view name) {
  logger().set_level(theirs(level));
  if (!name.empty()) logger().set_pattern(fmt::format("%H:%M:%S.%e %^%-7l%$ [{}] %v", name));
}

void write(Level level, std::string_view room, std::string_view text) {
  logger().log(theirs(level), "{}: {}", room, text);
}

}  // namespace minerva::log
