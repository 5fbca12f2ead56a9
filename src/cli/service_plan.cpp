#include "cli/service_plan.h"

#include <fmt/format.h>

#include <utility>

#include "cli/access.h"
#include "cli/demo_model.h"
#include "gateway/worker_program.h"

namespace minerva::cli {
namespace {

Result<std::string> choose_model(const Settings& settings, const Environment& environment) {
  if (!settings.model.empty()) return settings.model;
  auto demo = find_demo_model(environment, program_folder());
  if (!demo) return std::unexpected(std::move(demo.error()));
  return demo->string();
}

// As log::parse_level reads it.
std::string_view name_of(log::Level level) {
  switch (level) {
    case log::Level::kDebug: return "debug";
    case log::Level::kInfo: return "info";
    case log::Level::kWarn: return "warn";
    case log::Level::kError: return "error";
    case log::Level::kOff: return "off";
  }
  return "info";
}

}  // namespace

Result<std::filesystem::path> choose_worker(const Settings& settings) {
  if (!settings.worker.empty()) return std::filesystem::path{settings.worker};
  return gateway::find_worker_program();
}

std::filesystem::path placement_file(const Environment& environment) {
  const auto folder = [&](const char* variable) {
    const auto found = environment.find(variable);
    return found == environment.end() ? std::filesystem::path{} : std::filesystem::path{found->second};
  };
  // As the XDG base directory specification has it: a relative path there is to be ignored.
  std::filesystem::path caches = folder("XDG_CACHE_HOME");
  if (!caches.is_absolute())
    caches = folder("HOME").empty() ? std::filesystem::path{} : folder("HOME") / ".cache";
  return caches.empty() ? caches : caches / "minerva" / "placements.json";
}

Result<ServicePlan> plan_service(const Settings& settings, const Environment& environment) {
  ServicePlan plan;
  plan.is_demo = settings.model.empty();
  for (const std::string& key : settings.api_keys) add_key(plan.options.keys, {.text = key});
  for (const std::string& key : settings.priority_keys)
    add_key(plan.options.keys, {.text = key, .may_prioritize = true});
  if (!settings.api_key_file.empty()) {
    auto file = read_key_file(settings.api_key_file);
    if (!file) return std::unexpected(std::move(file.error()));
    for (api::AccessKey& key : file->keys) add_key(plan.options.keys, std::move(key));
    plan.warning = std::move(file->warning);
  }
  if (Status safe = check_exposure(settings.host, !plan.options.keys.empty()); !safe)
    return std::unexpected(safe.error());

  auto model = choose_model(settings, environment);
  if (!model) return std::unexpected(std::move(model.error()));
  auto worker = choose_worker(settings);
  if (!worker) return std::unexpected(std::move(worker.error()));

  plan.options.load = settings.load;
  plan.options.load.model_path = *std::move(model);
  plan.options.model_name = settings.alias;
  plan.options.worker = *std::move(worker);
  plan.options.worker_arguments = {"--log-level", std::string{name_of(settings.log_level)}};
  plan.options.placement_file = placement_file(environment);
  plan.options.max_queue = settings.max_queue;
  plan.options.standby = settings.standby;
  plan.options.host = settings.host;
  plan.options.port = settings.port;
  plan.options.limits = settings.limits;
  plan.options.drain_timeout = settings.drain_timeout;
  return plan;
}

std::string url_of(const std::string& host, std::uint16_t port) {
  if (host == "0.0.0.0" || host == "::" || host == "[::]") return fmt::format("http://127.0.0.1:{}", port);
  const bool bare_v6 = host.contains(':') && !host.starts_with('[');
  return bare_v6 ? fmt::format("http://[{}]:{}", host, port) : fmt::format("http://{}:{}", host, port);
}

}  // namespace minerva::cli
