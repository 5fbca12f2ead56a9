#include "cli/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace minerva::cli {

bool is_terminal(Stream stream) { return ::isatty(static_cast<int>(stream)) == 1; }

bool has_colours(Stream stream) {
  const char* refused = std::getenv("NO_COLOR");
  return is_terminal(stream) && (refused == nullptr || *refused == '\0');
}

void print_error(const Error& error) {
  const bool colours = has_colours(Stream::kError);
  fmt::print(stderr, "{}minerva:{} {}\n", colours ? "\033[1;31m" : "", colours ? "\033[0m" : "",
             error.message);
}

int exit_status(const Error& error) { return traits(error.code).exit_status; }

std::string progress_bar(float fraction, int width) {
  const float clamped = std::clamp(fraction, 0.0F, 1.0F);
  const auto filled = static_cast<int>(clamped * static_cast<float>(width));
  return fmt::format("[{:#<{}}{:.<{}}] {:3.0f} %", "", filled, "", width - filled, clamped * 100.0F);
}

}  // namespace minerva::cli
