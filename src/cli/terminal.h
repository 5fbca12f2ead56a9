#pragma once
// What the commands need to know of the terminal, and how they speak on it: errors and news on standard error, answers on
// standard output.
//
// Threads: print from one thread.

#include <string>
#include <string_view>

#include "base/error.h"

namespace minerva::cli {

enum class Stream { kInput = 0, kOutput = 1, kError = 2 };

[[nodiscard]] bool is_terminal(Stream stream);

// Colours make sense there: a terminal, and NO_COLOR (https://no-color.org) is not set.
[[nodiscard]] bool has_colours(Stream stream);

// "minerva: MESSAGE" on standard error.
void print_error(const Error& error);

// The exit status of a command that ended with this error.
[[nodiscard]] int exit_status(const Error& error);

// "[#####.....]  50 %", `width` cells between the brackets.
[[nodiscard]] std::string progress_bar(float fraction, int width);

}  // namespace minerva::cli
