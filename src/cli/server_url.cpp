#include "cli/server_url.h"

#include <fmt/format.h>

#include "cli/settings/setting_values.h"

namespace minerva::cli {
namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kUsualPort = 8080;

std::unexpected<Error> refuse(std::string_view text, std::string_view why) {
  return fail(ErrorCode::kInvalidConfiguration,
              fmt::format("--url: '{}' {}; write for example http://127.0.0.1:8080", text, why), "url");
}

}  // namespace

Result<ServerUrl> parse_server_url(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  if (text.starts_with("https://")) return refuse(text, "asks for TLS, which this client does not speak");
  std::string_view rest = text;
  const bool has_scheme = rest.starts_with(kScheme);
  if (has_scheme) rest.remove_prefix(kScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.ends_with("/v1")) rest.remove_suffix(3);

  ServerUrl url{.host = {}, .port = has_scheme ? kHttpPort : kUsualPort};
  const auto bracket = rest.starts_with('[') ? rest.find(']') : std::string_view::npos;
  const auto colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
  url.host = rest.substr(0, colon);
  if (bracket != std::string_view::npos) url.host = rest.substr(1, bracket - 1);
  if (url.host.empty() || url.host.find_first_of("/?#@ ") != std::string::npos)
    return refuse(text, "is no address of a server");
  if (colon != std::string_view::npos) {
    const auto port = parse_whole_number(rest.substr(colon + 1), {.low = 1, .high = 65'535});
    if (!port) return refuse(text, "has no port from 1 to 65535 after its ':'");
    url.port = static_cast<std::uint16_t>(*port);
  }
  return url;
}

}  // namespace minerva::cli
