#include "cli/drill/drilled_server.h"

#include <fmt/format.h>
#include <sys/types.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "cli/chat/chat_event.h"

namespace minerva::cli {
namespace {

using Json = nlohmann::json;

constexpr std::chrono::milliseconds kPatience{5'000};
constexpr std::string_view kWorkerName = "minerva-worker";

// The name in proc_pid_comm(5); empty where there is no such process, or no /proc.
std::string name_of_process(int pid) {
  std::ifstream file(fmt::format("/proc/{}/comm", pid));
  std::string name;
  std::getline(file, name);
  return name;
}

std::unexpected<Error> not_here(int pid) {
  return fail(ErrorCode::kNotFound,
              fmt::format("the server's worker is process {}, and there is no {} of that number here: run "
                          "the drill on the server's own machine, beside it in its container if it has one",
                          pid, kWorkerName));
}

ServerHealth read_health(const Json& body) {
  ServerHealth health;
  health.status = body.at("status");
  health.ready = body.at("ready");
  health.worker_pid = body.at("worker").at("pid");
  if (const Json& standby = body.at("standby"); !standby.is_null())
    health.awaits_standby = standby.at("state") != "ready";
  const Json& model = body.at("model");
  health.model = model.at("name");
  health.placement = model.value("placement", "");
  health.rung = model.value("rung", 0U);
  for (const Json& event : body.at("events"))
    health.events.push_back({.time = event.at("time"), .kind = event.at("event"), .what = event.at("what")});
  return health;
}

}  // namespace

DrilledServer::DrilledServer(http::ClientOptions server, std::string api_key)
    : server_(std::move(server)), api_key_(std::move(api_key)) {}

Result<ServerHealth> DrilledServer::health() const {
  http::ClientOptions hasty = server_;
  hasty.connect_timeout = hasty.read_timeout = kPatience;
  http::ClientRequest request;
  request.target = "/health";
  if (!api_key_.empty()) request.headers.emplace_back("authorization", "Bearer " + api_key_);
  const auto answer = http::Client(hasty).send(request);
  if (!answer) return std::unexpected(answer.error());
  if (answer->status != 200) return std::unexpected(parse_error_body(answer->status, answer->body));
  try {
    const Json body = Json::parse(answer->body);
    if (body.contains("status") && !body.contains("worker")) {
      return fail(ErrorCode::kUnauthorized,
                  "the server tells its state only to those who have a key: give it with --api-key, "
                  "MINERVA_API_KEY or --api-key-file");
    }
    return read_health(body);
  } catch (const Json::exception&) {
    return fail(ErrorCode::kInternal,
                fmt::format("{}:{} answers, but not as Minerva does: is another program's server there?",
                            server_.host, server_.port));
  }
}

Result<ServerHealth> DrilledServer::check() const {
  auto now = health();
  if (!now) return now;
  if (!now->ready || now->worker_pid == 0) {
    return fail(ErrorCode::kNotReady,
                fmt::format("the server's state is '{}': a drill begins with one that is ready (GET /readyz)",
                            now->status));
  }
  if (const Status reachable = strike(now->worker_pid, 0); !reachable)
    return std::unexpected(reachable.error());
  return now;
}

// A number that another program has by now is nobody's to signal.
Status DrilledServer::strike(int worker_pid, int signal) {
  if (worker_pid <= 0 || name_of_process(worker_pid) != kWorkerName) return not_here(worker_pid);
  if (::kill(static_cast<pid_t>(worker_pid), signal) == 0) return {};
  if (errno == ESRCH) return not_here(worker_pid);
  if (errno == EPERM) {
    return fail(ErrorCode::kForbidden,
                fmt::format("the server's worker, process {}, belongs to another user: run the drill as that "
                            "user or as root",
                            worker_pid));
  }
  return fail(ErrorCode::kInternal, fmt::format("process {} cannot be signalled: {}", worker_pid,
                                                std::generic_category().message(errno)));
}

ChatOptions DrilledServer::chat(std::uint32_t max_tokens) const {
  return {.server = server_, .api_key = api_key_, .system = {}, .max_tokens = max_tokens, .temperature = 0.0};
}

}  // namespace minerva::cli
