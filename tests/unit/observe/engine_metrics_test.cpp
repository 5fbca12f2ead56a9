// The engine's own numbers on /metrics.

#include <gtest/gtest.h>

#include <string>

#include "observe/server_metrics.h"

namespace minerva::observe {
namespace {

// An engine that has done so many times the same: a step with a prompt and one without, and some of everything else.
wire::EngineStatus after(std::uint64_t n) {
  wire::EngineStatus status;
  status.n_prompt_tokens = 100 * n;
  status.n_decode_tokens = 7 * n;
  status.n_preemptions = n;
  status.prompt_steps = {.n_steps = n,
                         .plan_us = 1000 * n,
                         .compute_us = 90'000 * n,
                         .sample_us = 2000 * n,
                         .report_us = 3000 * n};
  status.decode_steps = {.n_steps = n,
                         .plan_us = 500 * n,
                         .draft_us = 400 * n,
                         .compute_us = 3000 * n,
                         .sample_us = 250 * n,
                         .report_us = 250 * n};
  status.prefixes[static_cast<std::size_t>(wire::PrefixTier::kHost)] = {.n_requests = n, .n_tokens = 40 * n};
  return status;
}

void expect_lines(const std::string& text, std::initializer_list<const char*> lines) {
  for (const std::string line : lines) EXPECT_TRUE(text.contains("\n" + line + "\n")) << line << "\n" << text;
}

TEST(EngineMetrics, BeginAtZeroSoThatTheFirstGrowthShows) {
  ServerMetrics metrics;
  expect_lines(
      metrics.text({}),
      {"minerva_prefill_tokens_total 0", "minerva_preemptions_total 0",
       "minerva_prefix_requests_total{tier=\"disk\"} 0", "minerva_prefix_tokens_total{tier=\"none\"} 0",
       "minerva_step_phase_seconds_total{phase=\"compute\",prompts=\"yes\"} 0",
       "minerva_step_seconds_count{prompts=\"no\"} 0", "minerva_step_host_share 0"});
}

TEST(EngineMetrics, AddUpWhatEachReportSaysMoreThanTheOneBefore) {
  ServerMetrics metrics;
  metrics.engine_reported({}, after(1));
  metrics.engine_reported(after(1), after(2));
  metrics.engine_reported(after(2), after(2));
  expect_lines(
      metrics.text({}),
      {"minerva_prefill_tokens_total 200", "minerva_decode_tokens_total 14", "minerva_preemptions_total 2",
       "minerva_prefix_requests_total{tier=\"host\"} 2", "minerva_prefix_tokens_total{tier=\"host\"} 80",
       "minerva_step_phase_seconds_total{phase=\"plan\",prompts=\"yes\"} 0.002",
       "minerva_step_phase_seconds_total{phase=\"compute\",prompts=\"no\"} 0.006",
       "minerva_step_phase_seconds_total{phase=\"draft\",prompts=\"no\"} 0.0008",
       "minerva_step_phase_seconds_total{phase=\"sample\",prompts=\"yes\"} 0.004",
       "minerva_step_phase_seconds_total{phase=\"report\",prompts=\"yes\"} 0.006",
       "minerva_step_seconds_count{prompts=\"yes\"} 2",
       "minerva_step_seconds_bucket{prompts=\"yes\",le=\"0.075\"} 0",
       "minerva_step_seconds_bucket{prompts=\"yes\",le=\"0.1\"} 2",
       "minerva_step_seconds_bucket{prompts=\"no\",le=\"0.005\"} 2"});
}

TEST(EngineMetrics, GoOnWhereTheyWereWithTheNextWorker) {
  ServerMetrics metrics;
  metrics.engine_reported({}, after(5));
  metrics.engine_reported({}, after(1));
  expect_lines(metrics.text({}), {"minerva_prefill_tokens_total 600", "minerva_preemptions_total 6",
                                  "minerva_prefix_tokens_total{tier=\"host\"} 240"});
}

TEST(EngineMetrics, NeverGoBackWhateverAWorkerSays) {
  ServerMetrics metrics;
  metrics.engine_reported({}, after(5));
  metrics.engine_reported(after(5), after(1));
  expect_lines(metrics.text({}), {"minerva_prefill_tokens_total 500", "minerva_preemptions_total 5",
                                  "minerva_step_seconds_count{prompts=\"no\"} 1"});
}

TEST(EngineMetrics, SayWhatShareOfTheNewestStepsWasNotComputing) {
  ServerMetrics metrics;
  wire::EngineStatus slow_host;
  slow_host.decode_steps = {
      .n_steps = 1, .plan_us = 600, .draft_us = 50, .compute_us = 200, .sample_us = 100, .report_us = 50};
  metrics.engine_reported({}, slow_host);
  expect_lines(metrics.text({}), {"minerva_step_host_share 0.75"});
  wire::EngineStatus quick_host;
  quick_host.decode_steps = {.n_steps = 1, .plan_us = 0, .compute_us = 1000, .sample_us = 0, .report_us = 0};
  for (int i = 0; i < 2000; ++i) metrics.engine_reported({}, quick_host);
  const std::string text = metrics.text({});
  const std::string name = "minerva_step_host_share ";
  EXPECT_LT(std::stod(text.substr(text.find("\n" + name) + 1 + name.size())), 1e-6);
}

TEST(EngineMetrics, ShowMemoryByDeviceAndUse) {
  ServerMetrics metrics;
  const std::string text = metrics.text(
      {.engine = {.prefix_store_bytes = 77, .prefix_files_bytes = 88},
       .memory = {{.device = "CPU", .weights_bytes = 1, .kv_bytes = 2, .compute_bytes = 3},
                  {.device = "CUDA0", .weights_bytes = 10, .kv_bytes = 20, .compute_bytes = 30}}});
  expect_lines(text, {"minerva_device_memory_bytes{device=\"CPU\",use=\"weights\"} 1",
                      "minerva_device_memory_bytes{device=\"CPU\",use=\"compute\"} 3",
                      "minerva_device_memory_bytes{device=\"CUDA0\",use=\"kv\"} 20",
                      "minerva_prefix_bytes{tier=\"host\"} 77", "minerva_prefix_bytes{tier=\"disk\"} 88"});
  // A worker that is gone holds nothing.
  expect_lines(metrics.text({}), {"minerva_device_memory_bytes{device=\"CUDA0\",use=\"weights\"} 0",
                                  "minerva_prefix_bytes{tier=\"host\"} 0"});
}

}  // namespace
}  // namespace minerva::observe
