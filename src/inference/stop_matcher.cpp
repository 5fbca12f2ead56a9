#include "inference/stop_matcher.h"

#include <algorithm>
#include <utility>

namespace minerva::inference {

StopMatcher::StopMatcher(std::vector<std::string> stops) : stops_{std::move(stops)} {
  std::erase(stops_, std::string{});
}

StopMatcher::Outcome StopMatcher::feed(std::string_view text) {
  held_ += text;
  const std::string* first = nullptr;
  std::size_t first_end = std::string::npos;
  for (const std::string& stop : stops_) {
    const std::size_t at = held_.find(stop);
    if (at == std::string::npos) continue;
    const std::size_t end = at + stop.size();
    if (end < first_end || (end == first_end && stop.size() > first->size())) {
      first = &stop;
      first_end = end;
    }
  }
  if (first != nullptr) {
    held_.resize(first_end - first->size());
    return {.text = std::exchange(held_, {}), .stop = *first};
  }
  const std::size_t n_free = held_.size() - possible_beginning();
  Outcome outcome{.text = held_.substr(0, n_free), .stop = std::nullopt};
  held_.erase(0, n_free);
  return outcome;
}

// Bytes at the end of the held text that are the beginning of some stop string: the most of them.
std::size_t StopMatcher::possible_beginning() const {
  std::size_t most = 0;
  for (const std::string& stop : stops_) {
    for (std::size_t n = std::min(stop.size() - 1, held_.size()); n > most; --n) {
      if (std::string_view{held_}.ends_with(std::string_view{stop}.substr(0, n))) most = n;
    }
  }
  return most;
}

std::string StopMatcher::finish() { return std::exchange(held_, {}); }

}  // namespace minerva::inference
