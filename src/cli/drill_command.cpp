// minerva drill: faults, one after the other, on a running server, and what its clients saw.

#include <fmt/format.h>

#include <array>
#include <cstdio>

#include "cli/access.h"
#include "cli/chat/interrupt.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/drill/drill.h"
#include "cli/server_url.h"
#include "cli/settings/setting_values.h"
#include "cli/settings/settings_loader.h"
#include "cli/terminal.h"

namespace minerva::cli {
namespace {

constexpr std::array<std::string_view, 5> kSettings{"port", "api-key", "priority-key", "api-key-file",
                                                    "config"};

CommandHelp help() {
  return {.name = "minerva drill",
          .summary =
              "Makes the worker of a running server fail in every way while streams run, and prints what the "
              "clients saw: a server that survives loses no token. Run it on the server's machine, as the "
              "server's user or as root. Requests of others only wait a little longer.",
          .examples =
              "  minerva drill                              the server on this machine\n"
              "  minerva drill --url http://127.0.0.1:9000  the one on that port\n"
              "  minerva drill --json                       for programs"};
}

Result<http::ClientOptions> server_of(const std::string& url, const Settings& settings) {
  http::ClientOptions server;
  server.port = settings.port;
  if (url.empty()) return server;
  const auto parsed = parse_server_url(url);
  if (!parsed) return std::unexpected(parsed.error());
  server.host = parsed->host;
  server.port = parsed->port;
  return server;
}

Result<std::uint32_t> tokens_of(const std::string& text) {
  if (text.empty()) return Drill::kUsualTokens;
  const auto number = parse_whole_number(text, {.low = 16, .high = 100'000});
  if (!number) return fail(ErrorCode::kInvalidConfiguration, "--tokens: " + number.error().message, "tokens");
  return static_cast<std::uint32_t>(*number);
}

void show(std::string_view what) {
  if (!is_terminal(Stream::kError)) return;
  fmt::print(stderr, "\r{:<60}\r{}{}", "", what, what.empty() ? "" : " …");
}

}  // namespace

Result<int> drill_command(Arguments arguments) {
  std::string url;
  std::string tokens;
  bool json = false;
  CommandLine line(help());
  line.add_option("--url", "URL", "The server to drill. Default: the one on this machine's configured port.",
                  url);
  line.add_option("--tokens", "N", "Longest answer of a stream. Default: 160.", tokens);
  line.add_switch("--json", "Print JSON.", json);
  line.add_settings(kSettings);
  const auto outcome = line.parse(arguments);
  if (!outcome) return std::unexpected(outcome.error());
  if (*outcome == CommandLine::Outcome::kHelpShown) return 0;

  const auto settings = load_settings(line.flags(), process_environment());
  if (!settings) return std::unexpected(settings.error());
  const auto server = server_of(url, *settings);
  if (!server) return std::unexpected(server.error());
  auto key = first_key(*settings);
  if (!key) return std::unexpected(key.error());
  const auto max_tokens = tokens_of(tokens);
  if (!max_tokens) return std::unexpected(max_tokens.error());

  Interrupt interrupt;
  const StopOnInterrupt stop{interrupt};
  const auto report = Drill{{*server, *std::move(key)}, *max_tokens, stop.token(), show}.run();
  show("");
  if (!report) return std::unexpected(report.error());
  fmt::print("{}", json ? drill_json(*report) : drill_text(*report));
  return report->survived() ? 0 : 1;
}

}  // namespace minerva::cli
