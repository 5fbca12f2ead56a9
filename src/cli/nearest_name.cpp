#include "cli/nearest_name.h"

#include <algorithm>
#include <vector>

namespace minerva::cli {
namespace {

bool same_letter(char a, char b) { return a == b || (a == '_' && b == '-') || (a == '-' && b == '_'); }

}  // namespace

// Optimal string alignment, row by row.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before_last, last);
    std::swap(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (same_letter(a[i - 1], b[j - 1]) ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      const bool swapped =
          i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::optional<std::string> nearest_name(std::string_view given, std::span<const std::string> known) {
  const std::string* nearest = nullptr;
  std::size_t nearest_distance = std::max<std::size_t>(2, given.size() / 3) + 1;
  for (const std::string& name : known) {
    const std::size_t distance = edit_distance(given, name);
    // A name that shares no letter in its place is no near miss, however short.
    if (distance >= nearest_distance || distance >= std::max(given.size(), name.size())) continue;
    nearest = &name;
    nearest_distance = distance;
  }
  if (nearest == nullptr) return std::nullopt;
  return *nearest;
}

std::string did_you_mean(std::string_view given, std::span<const std::string> known) {
  const auto nearest = nearest_name(given, known);
  return nearest ? "; did you mean '" + *nearest + "'?" : "";
}

}  // namespace minerva::cli
