#pragma once
// From settings to what a Service needs: the model and the worker found, keys read, the rule about exposure kept.
//
// Threads: pure but for looking at files.

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/error.h"
#include "cli/service.h"
#include "cli/settings/settings.h"
#include "cli/settings/settings_environment.h"

namespace minerva::cli {

struct ServicePlan {
  ServiceOptions options;  // without callbacks
  bool is_demo = false;    // nobody named a model
  std::string warning;     // about the key file; empty when there is none
};

[[nodiscard]] Result<ServicePlan> plan_service(const Settings& settings, const Environment& environment);

// The worker program that the settings name, or the one that belongs to this program.
[[nodiscard]] Result<std::filesystem::path> choose_worker(const Settings& settings);

// What placements teach is kept there: $XDG_CACHE_HOME/minerva/placements.json, or below ~/.cache; empty when neither is known.
[[nodiscard]] std::filesystem::path placement_file(const Environment& environment);

// "http://127.0.0.1:8080"; a host that stands for all addresses shows as this machine's loopback.
[[nodiscard]] std::string url_of(const std::string& host, std::uint16_t port);

}  // namespace minerva::cli
