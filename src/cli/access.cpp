#include "cli/access.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <utility>

namespace minerva::cli {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// Nothing when more stands there than a key and its right.
std::optional<api::AccessKey> parse_key(std::string_view line) {
  const auto blank = line.find_first_of(" \t");
  const std::string_view right = blank == std::string_view::npos ? "" : trimmed(line.substr(blank));
  if (!right.empty() && right != "priority") return std::nullopt;
  return api::AccessKey{.text = std::string{line.substr(0, blank)}, .may_prioritize = !right.empty()};
}

}  // namespace

Result<KeyFile> read_key_file(const std::string& path) {
  std::ifstream file(path);
  struct stat info{};
  if (!file || ::stat(path.c_str(), &info) != 0 || S_ISDIR(info.st_mode)) {
    return fail(ErrorCode::kInvalidConfiguration, fmt::format("the key file {} cannot be read", path),
                "api-key-file");
  }
  KeyFile found;
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    const std::string_view text = trimmed(line);
    if (text.empty() || text.starts_with('#')) continue;
    auto key = parse_key(text);
    if (!key) {
      return fail(
          ErrorCode::kInvalidConfiguration,
          fmt::format("the key file {} has more in line {} than a key and, where it may set priorities, the "
                      "word priority",
                      path, number),
          "api-key-file");
    }
    found.keys.push_back(*std::move(key));
  }
  if (found.keys.empty()) {
    return fail(ErrorCode::kInvalidConfiguration,
                fmt::format("the key file {} has no key in it; write one a line", path), "api-key-file");
  }
  if ((info.st_mode & S_IROTH) != 0) {
    found.warning =
        fmt::format("every user of this machine can read the keys in {}; run: chmod 600 {}", path, path);
  }
  return found;
}

void add_key(std::vector<api::AccessKey>& keys, api::AccessKey key) {
  const auto known = std::ranges::find(keys, key.text, &api::AccessKey::text);
  if (known == keys.end()) {
    keys.push_back(std::move(key));
  } else {
    known->may_prioritize = known->may_prioritize || key.may_prioritize;
  }
}

Result<std::string> first_key(const Settings& settings) {
  if (!settings.api_keys.empty()) return settings.api_keys.front();
  if (!settings.priority_keys.empty()) return settings.priority_keys.front();
  if (settings.api_key_file.empty()) return std::string{};
  auto file = read_key_file(settings.api_key_file);
  if (!file) return std::unexpected(std::move(file.error()));
  return file->keys.front().text;
}

bool is_loopback(std::string_view host) {
  if (host == "localhost") return true;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const std::string text{host};
  in_addr four{};
  if (::inet_pton(AF_INET, text.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24U) == 127U;
  in6_addr six{};
  return ::inet_pton(AF_INET6, text.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

Status check_exposure(std::string_view host, bool has_keys) {
  if (has_keys || is_loopback(host)) return {};
  return fail(ErrorCode::kInvalidConfiguration,
              fmt::format("--host {} would let other machines use this server without a key; set one with "
                          "--api-key-file FILE or "
                          "MINERVA_API_KEY, or serve this machine alone with --host 127.0.0.1",
                          host),
              "host");
}

}  // namespace minerva::cli
