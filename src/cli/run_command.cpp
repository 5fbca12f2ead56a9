// minerva run: a chat in the terminal, or one answer.

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "cli/access.h"
#include "cli/chat/chat_loop.h"
#include "cli/chat/own_server.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/server_url.h"
#include "cli/service_plan.h"
#include "cli/settings/setting_values.h"
#include "cli/settings/settings_loader.h"
#include "cli/terminal.h"

namespace minerva::cli {
namespace {

constexpr std::array<std::string_view, 14> kSettings{
    "model",      "ctx-size",     "threads",      "batch-size",
    "gpu-layers", "device",       "port",         "ignore-memory-check",
    "api-key",    "priority-key", "api-key-file", "config",
    "log-level",  "worker"};
constexpr int kBarWidth = 40;
constexpr std::chrono::milliseconds kLookPatience{1'000};

CommandHelp help() {
  return {.name = "minerva run",
          .summary =
              "Chats with a model in the terminal: with the server that runs on this machine, or with one of "
              "its own.\n"
              "With a PROMPT, or with text on standard input, it prints the answer and nothing else.",
          .examples =
              "  minerva run                                    chat\n"
              "  minerva run \"What is the capital of France?\"   one answer\n"
              "  minerva run < question.txt > answer.txt        the same, in a script\n"
              "  minerva run -m FILE.gguf                       with this model\n"
              "  minerva run --url http://192.168.1.5:8080      with a server elsewhere"};
}

struct RunOptions {
  std::string url;
  std::string system;
  std::string max_tokens;
  std::string temperature;
  std::vector<std::string> words;
};

// Whom to talk to. `own` is set when the server is this program's.
struct Partner {
  ChatOptions chat;
  std::string where;
  std::unique_ptr<OwnServer> own;
};

struct Sampling {
  std::optional<std::uint32_t> max_tokens;
  std::optional<double> temperature;
};

Result<Sampling> parse_sampling(const RunOptions& options) {
  Sampling sampling;
  if (!options.max_tokens.empty()) {
    const auto number = parse_whole_number(options.max_tokens, {.low = 1, .high = 1U << 30});
    if (!number)
      return fail(ErrorCode::kInvalidConfiguration, "--max-tokens: " + number.error().message, "max-tokens");
    sampling.max_tokens = static_cast<std::uint32_t>(*number);
  }
  if (!options.temperature.empty()) {
    const auto number = parse_decimal(options.temperature, 0.0, 2.0);
    if (!number)
      return fail(ErrorCode::kInvalidConfiguration, "--temperature: " + number.error().message,
                  "temperature");
    sampling.temperature = *number;
  }
  return sampling;
}

bool is_ready(const http::ClientOptions& server) {
  http::ClientOptions hasty = server;
  hasty.connect_timeout = kLookPatience;
  hasty.read_timeout = kLookPatience;
  const auto answer = http::Client(hasty).send({.target = "/readyz", .headers = {}, .body = {}});
  return answer && answer->status == 200;
}

void show_load(const gateway::GatewayStatus& status) {
  if (!is_terminal(Stream::kError)) return;
  if (status.worker == gateway::WorkerState::kLoading) {
    fmt::print(stderr, "\rloading {}", progress_bar(status.load_fraction, kBarWidth));
  } else {
    fmt::print(stderr, "\r{:<{}}\r", "", kBarWidth + 24);
  }
}

Result<Partner> start_own(const Settings& settings, const Environment& environment) {
  auto own = OwnServer::start(settings, environment, show_load);
  if (!own) return std::unexpected(own.error());
  Partner partner;
  partner.chat.server.port = (*own)->port();
  partner.chat.api_key = (*own)->key();
  partner.where = fmt::format("Chatting with {}{}.", (*own)->model_name(),
                              (*own)->is_demo() ? ", the built-in demo model" : "");
  partner.own = *std::move(own);
  return partner;
}

Result<Partner> find_partner(const RunOptions& options, const Settings& settings,
                             const Environment& environment) {
  Partner partner;
  auto key = first_key(settings);
  if (!key) return std::unexpected(key.error());
  partner.chat.api_key = *std::move(key);
  if (!options.url.empty()) {
    const auto url = parse_server_url(options.url);
    if (!url) return std::unexpected(url.error());
    if (!settings.model.empty()) {
      return fail(ErrorCode::kInvalidConfiguration,
                  "--url and --model exclude each other: the server at --url has its own model", "url");
    }
    partner.chat.server.host = url->host;
    partner.chat.server.port = url->port;
    partner.where = fmt::format("Chatting with the server at {}.", options.url);
    return partner;
  }
  partner.chat.server.port = settings.port;
  if (settings.model.empty() && settings.port != 0 && is_ready(partner.chat.server)) {
    partner.where = fmt::format("Chatting with the server at {}.", url_of("127.0.0.1", settings.port));
    return partner;
  }
  return start_own(settings, environment);
}

// The question of a run that is no conversation: the words of the command line, or standard input when it is no terminal.
std::optional<std::string> single_question(const RunOptions& options) {
  if (!options.words.empty()) {
    std::string question;
    for (const std::string& word : options.words) question += question.empty() ? word : " " + word;
    return question;
  }
  if (is_terminal(Stream::kInput)) return std::nullopt;
  std::string text{std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

Result<int> run_command(Arguments arguments) {
  RunOptions options;
  CommandLine line(help());
  line.add_words("PROMPT", "What to ask; without it, a conversation.", options.words);
  line.add_option("--url", "URL",
                  "The server to talk to. Default: http://127.0.0.1:8080 if one answers there.", options.url);
  line.add_option("--system", "TEXT", "The system message.", options.system);
  line.add_option("--max-tokens", "N", "Longest answer. Default: what the context holds.",
                  options.max_tokens);
  line.add_option("--temperature", "T", "0 always takes the likeliest token. Default: the server's.",
                  options.temperature);
  line.add_settings(kSettings);
  const auto outcome = line.parse(arguments);
  if (!outcome) return std::unexpected(outcome.error());
  if (*outcome == CommandLine::Outcome::kHelpShown) return 0;

  const Environment environment = process_environment();
  auto settings = load_settings(line.flags(), environment);
  if (!settings) return std::unexpected(settings.error());
  // News of a server inside this program would stand between question and answer.
  if (settings->log_level == log::Level::kInfo) settings->log_level = log::Level::kWarn;
  log::configure(settings->log_level, "");
  const auto sampling = parse_sampling(options);
  if (!sampling) return std::unexpected(sampling.error());
  auto question = single_question(options);
  if (question && question->empty())
    return fail(ErrorCode::kInvalidRequest, "there is no question: standard input is empty");

  auto partner = find_partner(options, *settings, environment);
  if (!partner) return std::unexpected(partner.error());
  partner->chat.system = options.system;
  partner->chat.max_tokens = sampling->max_tokens;
  partner->chat.temperature = sampling->temperature;
  ChatSession session(partner->chat);
  if (!question) {
    chat_at_terminal(session, partner->where);
    return 0;
  }
  if (Status answered = answer_once(session, *std::move(question)); !answered)
    return std::unexpected(answered.error());
  return 0;
}

}  // namespace minerva::cli
