#include "http/router.h"

#include <algorithm>
#include <cassert>
#include <optional>
#include <span>
#include <utility>

#include "http/target.h"

namespace minerva::http {
namespace {

constexpr std::string_view kOne = "{}";
constexpr std::string_view kRest = "{*}";

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> segments;
  for (std::size_t at = 1; at <= path.size();) {
    const auto end = std::min(path.find('/', at), path.size());
    segments.emplace_back(path.substr(at, end - at));
    at = end + 1;
  }
  return segments;
}

std::string join(std::span<const std::string> segments) {
  std::string path;
  for (const std::string& segment : segments) {
    if (&segment != segments.data()) path += '/';
    path += segment;
  }
  return path;
}

// What the pattern takes from the path; nothing when it does not fit.
std::optional<std::vector<std::string>> fit(std::span<const std::string> pattern,
                                            std::span<const std::string> path) {
  std::vector<std::string> captures;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == kRest && i < path.size()) {
      captures.push_back(join(path.subspan(i)));
      return captures;
    }
    if (i >= path.size()) return std::nullopt;
    if (pattern[i] == kOne && !path[i].empty()) {
      captures.push_back(path[i]);
    } else if (pattern[i] != path[i] || pattern[i] == kOne) {
      return std::nullopt;
    }
  }
  if (path.size() != pattern.size()) return std::nullopt;
  return captures;
}

// Smaller is more exact: each segment is exact (0), {} (1) or {*} (2), the first difference decides.
std::vector<int> looseness(std::span<const std::string> pattern) {
  std::vector<int> ranks;
  for (const std::string& segment : pattern) ranks.push_back(segment == kOne ? 1 : segment == kRest ? 2 : 0);
  return ranks;
}

void allow(std::vector<std::string>& allowed, std::string_view method) {
  if (std::ranges::find(allowed, method) == allowed.end()) allowed.emplace_back(method);
}

}  // namespace

void Router::add(std::string method, std::string pattern, Handler handler) {
  assert(pattern.starts_with('/') && "a route's pattern begins with '/'");
  std::vector<std::string> segments = split(pattern);
  assert(std::ranges::none_of(
             routes_,
             [&](const Route& known) { return known.method == method && known.segments == segments; }) &&
         "a route is added once");
  routes_.push_back({std::move(method), std::move(segments), std::move(handler)});
}

RouteMatch Router::match(std::string_view method, std::string_view path) const {
  std::vector<std::string> segments = split(path);
  for (std::string& segment : segments) segment = percent_decode(segment).value_or(segment);
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  RouteMatch match;
  std::vector<int> best;
  for (const Route& route : routes_) {
    auto captures = fit(route.segments, segments);
    if (!captures) continue;
    allow(match.allowed, route.method);
    if (route.method == "GET") allow(match.allowed, "HEAD");
    std::vector<int> rank = looseness(route.segments);
    if (route.method != wanted || (match.handler != nullptr && best <= rank)) continue;
    match.handler = &route.handler;
    match.captures = *std::move(captures);
    best = std::move(rank);
  }
  if (!match.allowed.empty()) allow(match.allowed, "OPTIONS");
  return match;
}

}  // namespace minerva::http
