#include "api/native/health.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <format>
#include <utility>

namespace minerva::api::native {
namespace {

using gateway::WorkerState;

bool is_stuck(const gateway::GatewayStatus& status) {
  return status.patience.count() > 0 && status.since_last_report > status.patience / 2;
}

// Null without one; "pid": 0 while one is wanted and there is none.
Json standby_json(const gateway::GatewayStatus& status) {
  if (!status.wants_standby) return nullptr;
  const bool exists = status.standby.has_value();
  return {{"state", exists ? to_string(status.standby->state) : "none"},
          {"pid", exists ? status.standby->pid : 0},
          {"load_fraction", exists ? status.standby->load_fraction : 0.0F}};
}

Json worker_json(const gateway::GatewayStatus& status) {
  Json worker = {{"state", to_string(status.worker)},
                 {"pid", status.worker_pid},
                 {"load_fraction", status.load_fraction},
                 {"restarts", status.n_restarts},
                 {"since_last_report_ms", status.since_last_report.count()},
                 {"engine_version", status.engine_version},
                 {"sandbox", nullptr},
                 {"last_error", nullptr}};
  if (status.card) {
    const wire::Sandbox& sandbox = status.card->sandbox;
    worker["sandbox"] = {
        {"files", sandbox.files}, {"system_calls", sandbox.system_calls}, {"missing", sandbox.missing}};
  }
  if (status.last_error) {
    worker["last_error"] = {{"code", traits(status.last_error->code).name},
                            {"message", status.last_error->message}};
  }
  return worker;
}

Json memory_json(const std::vector<wire::DeviceMemory>& devices) {
  Json memory = Json::object();
  for (const wire::DeviceMemory& device : devices) {
    memory[device.device] = {{"weights_bytes", device.weights_bytes},
                             {"kv_bytes", device.kv_bytes},
                             {"compute_bytes", device.compute_bytes}};
  }
  return memory;
}

// Null when there is none.
Json draft_json(const std::optional<wire::DraftCard>& draft) {
  if (!draft) return nullptr;
  return {{"title", draft->name},
          {"architecture", draft->architecture},
          {"quantization", draft->quantization},
          {"n_parameters", draft->n_parameters},
          {"file_bytes", draft->file_bytes},
          {"n_ctx_sequence", draft->n_ctx_sequence},
          {"n_layers", draft->n_layers},
          {"n_gpu_layers", draft->n_gpu_layers},
          {"placement", draft->placement},
          {"memory", memory_json(draft->memory)}};
}

std::string_view flash_attention_name(wire::FlashAttention flash_attention) {
  switch (flash_attention) {
    case wire::FlashAttention::kOn: return "on";
    case wire::FlashAttention::kOff: return "off";
    case wire::FlashAttention::kAuto: break;
  }
  return "auto";
}

Json model_json(const gateway::GatewayStatus& status) {
  Json model = {{"name", status.model_name}};
  if (!status.card) return model;
  const wire::ModelCard& card = *status.card;
  model.update({{"title", card.name},
                {"architecture", card.architecture},
                {"quantization", card.quantization},
                {"n_parameters", card.n_parameters},
                {"file_bytes", card.file_bytes},
                {"n_ctx", card.n_ctx},
                {"n_ctx_sequence", card.n_ctx_sequence},
                {"n_ctx_train", card.n_ctx_train},
                {"n_parallel", card.n_parallel},
                {"kv_layout", card.kv_unified ? "unified" : "streams"},
                {"flash_attention", flash_attention_name(card.flash_attention)},
                {"cache_type_k", card.cache_type_k},
                {"cache_type_v", card.cache_type_v},
                {"n_layers", card.n_layers},
                {"n_gpu_layers", card.n_gpu_layers},
                {"placement", card.placement},
                {"rung", card.rung},
                {"memory", memory_json(card.memory)},
                {"draft", draft_json(card.draft)},
                {"load_ms", static_cast<double>(card.load_us) / 1000.0}});
  return model;
}

Json engine_json(const gateway::GatewayStatus& status) {
  const wire::EngineStatus& engine = status.engine;
  return {{"steps_completed", engine.steps_completed},
          {"n_running", engine.n_running},
          {"n_waiting", engine.n_waiting},
          {"kv_cells_used", engine.kv_cells_used},
          {"kv_cells", engine.kv_cells},
          {"n_preemptions", engine.n_preemptions},
          {"last_step_ms", static_cast<double>(engine.last_step_us) / 1000.0},
          {"n_prompt_tokens", engine.n_prompt_tokens},
          {"n_generated_tokens", engine.n_generated_tokens}};
}

Json events_json(const gateway::GatewayStatus& status) {
  Json events = Json::array();
  for (const gateway::ServiceEvent& event : status.events) {
    const auto time = std::chrono::floor<std::chrono::milliseconds>(event.time);
    events.push_back({{"time", std::format("{:%FT%TZ}", time)},
                      {"event", gateway::to_string(event.kind)},
                      {"what", event.what}});
  }
  return events;
}

Error not_ready(const gateway::GatewayStatus& status) {
  std::string message = fmt::format("the model is still loading ({:.0f} %)", status.load_fraction * 100.0F);
  if (status.worker == WorkerState::kStarting) message = "the worker is starting";
  if (status.worker == WorkerState::kRestarting) message = "the worker is being restarted";
  return {.code = ErrorCode::kNotReady, .message = std::move(message), .field = {}, .retry_after_s = 1};
}

}  // namespace

Status readiness(const gateway::GatewayStatus& status) {
  if (status.draining)
    return fail(ErrorCode::kShuttingDown, "the server is shutting down; it takes no new requests");
  if (status.worker == WorkerState::kFailed) {
    return std::unexpected(
        status.last_error.value_or(Error{.code = ErrorCode::kWorkerCrashed,
                                         .message = "the worker failed and is not started again",
                                         .field = {}}));
  }
  if (status.worker != WorkerState::kReady) return std::unexpected(not_ready(status));
  if (is_stuck(status)) {
    return fail(ErrorCode::kWorkerHung,
                fmt::format("the worker has said nothing for {} ms", status.since_last_report.count()));
  }
  return {};
}

std::string_view health_word(const gateway::GatewayStatus& status) {
  if (status.draining) return "draining";
  if (status.worker == WorkerState::kFailed) return "failed";
  if (status.worker == WorkerState::kReady) return is_stuck(status) ? "degraded" : "ok";
  return status.n_restarts == 0 && status.worker != WorkerState::kRestarting ? "loading" : "degraded";
}

Json health_json(const gateway::GatewayStatus& status, std::chrono::seconds uptime) {
  return {{"status", health_word(status)}, {"ready", readiness(status).has_value()},
          {"version", MINERVA_VERSION},    {"uptime_s", uptime.count()},
          {"draining", status.draining},   {"requests_active", status.n_active},
          {"worker", worker_json(status)}, {"standby", standby_json(status)},
          {"model", model_json(status)},   {"engine", engine_json(status)},
          {"events", events_json(status)}};
}

}  // namespace minerva::api::native
