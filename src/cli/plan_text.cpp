#include "cli/plan_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/error.h"

namespace minerva::cli {
namespace {

std::string size(std::uint64_t n_bytes) { return n_bytes == 0 ? "-" : to_string(Bytes{n_bytes}); }

}  // namespace

std::string plan_text(const wire::PlanReport& report) {
  constexpr std::string_view kLine = "{:<12} {:>6} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10}\n";
  std::string text = fmt::format(kLine, "device", "layers", "weights", "KV", "compute", "caches", "draft",
                                 "margin", "sum", "may use");
  for (const wire::DevicePlan& part : report.devices) {
    text += fmt::format(kLine, part.device, part.n_layers, size(part.weights_bytes), size(part.kv_bytes),
                        size(part.compute_bytes), size(part.caches_bytes), size(part.draft_bytes),
                        size(part.margin_bytes), size(part.sum_bytes), size(part.may_use_bytes));
  }
  text += fmt::format(
      "\n{}\n{} tokens of context for {} sequences, KV as {}, batches of {} tokens. {}\n", report.placement,
      report.n_ctx, report.n_parallel,
      report.cache_type_k == report.cache_type_v
          ? report.cache_type_k
          : fmt::format("{} and {}", report.cache_type_k, report.cache_type_v),
      report.n_batch,
      report.is_exact ? "The sizes are llama.cpp's own." : "The sizes of KV and compute are estimates.");
  if (report.error) text += fmt::format("\nIt would be refused: {}\n", report.error->message);
  return text;
}

std::string plan_json(const wire::PlanReport& report) {
  auto devices = nlohmann::json::array();
  for (const wire::DevicePlan& part : report.devices) {
    devices.push_back({{"device", part.device},
                       {"description", part.description},
                       {"n_layers", part.n_layers},
                       {"weights_bytes", part.weights_bytes},
                       {"kv_bytes", part.kv_bytes},
                       {"compute_bytes", part.compute_bytes},
                       {"caches_bytes", part.caches_bytes},
                       {"draft_bytes", part.draft_bytes},
                       {"margin_bytes", part.margin_bytes},
                       {"sum_bytes", part.sum_bytes},
                       {"may_use_bytes", part.may_use_bytes},
                       {"free_bytes", part.free_bytes},
                       {"total_bytes", part.total_bytes}});
  }
  nlohmann::json error;
  if (report.error) error = {{"code", traits(report.error->code).name}, {"message", report.error->message}};
  const nlohmann::json document{{"model_path", report.model_path},
                                {"file_bytes", report.file_bytes},
                                {"n_layers", report.n_layers},
                                {"n_gpu_layers", report.n_gpu_layers},
                                {"n_ctx", report.n_ctx},
                                {"n_parallel", report.n_parallel},
                                {"n_batch", report.n_batch},
                                {"cache_type_k", report.cache_type_k},
                                {"cache_type_v", report.cache_type_v},
                                {"is_exact", report.is_exact},
                                {"placement", report.placement},
                                {"devices", devices},
                                {"error", error}};
  constexpr auto kReplace = nlohmann::json::error_handler_t::replace;
  return document.dump(2, ' ', false, kReplace) + "\n";
}

}  // namespace minerva::cli
