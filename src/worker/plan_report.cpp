#include "worker/plan_report.h"

#include <utility>

#include "inference/llama_cpp_backend.h"
#include "inference/load_plan.h"
#include "inference/model_file.h"
#include "wire/machine_json.h"
#include "worker/sandbox/sandbox.h"

namespace minerva::worker {
namespace {

wire::PlanReport plan(const wire::LoadOptions& options) {
  wire::PlanReport report;
  report.model_path = options.model_path;
  const auto file = inference::inspect_model_file(options.model_path);
  if (!file) {
    report.error = file.error();
    return report;
  }
  report.file_bytes = file->file_bytes;
  report.n_layers = file->n_layers;
  auto made = inference::make_plan(options, *file, inference::Exactness::kAlways);
  if (!made) {
    report.error = made.error();
    return report;
  }
  if (!made->fits) report.error = made->fits.error();
  report.n_gpu_layers = made->placement.n_gpu_layers;
  report.n_ctx = made->shape.n_ctx;
  report.n_parallel = made->shape.n_parallel;
  report.n_batch = made->shape.n_batch;
  report.cache_type_k = made->format.type_k;
  report.cache_type_v = made->format.type_v;
  report.is_exact = made->is_exact;
  report.placement = made->placement.sentence;
  report.devices = std::move(made->placement.ledger);
  return report;
}

}  // namespace

Result<std::string> plan_report(std::string_view options) {
  const auto parsed = wire::load_options_from_json(options);
  if (!parsed) return std::unexpected(parsed.error());
  if (const auto sandbox = enter_sandbox(*parsed); !sandbox) return std::unexpected(sandbox.error());
  inference::LlamaCppBackend::initialize(*parsed);
  return wire::to_json(plan(*parsed));
}

}  // namespace minerva::worker
