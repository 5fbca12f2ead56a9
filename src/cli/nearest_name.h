#pragma once
// "Did you mean": the known name that a mistyped one is closest to.
//
// Threads: pure.

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace minerva::cli {

// Edits (insert, delete, replace, swap two neighbours) from one to the other; '_' and '-' are the same letter.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

// Nothing when even the closest is too far to be meant: more than a third of the given name's letters, and more than two.
[[nodiscard]] std::optional<std::string> nearest_name(std::string_view given,
                                                      std::span<const std::string> known);

// "; did you mean 'serve'?", or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view given, std::span<const std::string> known);

}  // namespace minerva::cli
