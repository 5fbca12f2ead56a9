#include "http/target.h"

#include <charconv>

namespace minerva::http {
namespace {

// "http://host:port" taken off an absolute form; an empty path there means "/".
std::string_view without_authority(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    const auto path = target.find('/', scheme.size());
    return path == std::string_view::npos ? "/" : target.substr(path);
  }
  return target;
}

}  // namespace

std::optional<Target> split_target(std::string_view target) {
  if (target == "*") return Target{.path = target, .query = {}};
  target = without_authority(target);
  if (!target.starts_with('/')) return std::nullopt;
  const auto mark = target.find('?');
  if (mark == std::string_view::npos) return Target{.path = target, .query = {}};
  return Target{.path = target.substr(0, mark), .query = target.substr(mark + 1)};
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      decoded += text[at];
      continue;
    }
    if (text.size() - at < 3) return std::nullopt;
    const char* const first = text.data() + at + 1;
    unsigned char byte = 0;
    const auto [end, error] = std::from_chars(first, first + 2, byte, 16);
    if (error != std::errc{} || end != first + 2 || byte == 0) return std::nullopt;
    decoded += static_cast<char>(byte);
    at += 2;
  }
  return decoded;
}

}  // namespace minerva::http
