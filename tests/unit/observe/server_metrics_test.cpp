#include "observe/server_metrics.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace minerva::observe {
namespace {

using Seconds = RequestSample::Seconds;

TEST(ServerMetrics, CountsRequestsByHowTheyEnded) {
  ServerMetrics metrics;
  metrics.request_ended({.outcome = "stop",
                         .total = Seconds{1},
                         .n_prompt = 10,
                         .n_cached = 4,
                         .n_drafted = 7,
                         .n_accepted = 3});
  metrics.request_ended({.outcome = "stop", .total = Seconds{1}, .n_prompt = 5, .n_cached = 0});
  metrics.request_ended({.outcome = "cancelled"});
  const std::string text = metrics.text({});
  EXPECT_TRUE(text.contains("minerva_requests_total{outcome=\"stop\"} 2\n")) << text;
  EXPECT_TRUE(text.contains("minerva_requests_total{outcome=\"cancelled\"} 1\n")) << text;
  EXPECT_TRUE(text.contains("minerva_prompt_tokens_total 15\n")) << text;
  EXPECT_TRUE(text.contains("minerva_prompt_tokens_cached_total 4\n")) << text;
  EXPECT_TRUE(text.contains("minerva_draft_tokens_total 7\n")) << text;
  EXPECT_TRUE(text.contains("minerva_draft_tokens_accepted_total 3\n")) << text;
}

TEST(ServerMetrics, TimesWhatARequestCameTo) {
  ServerMetrics metrics;
  metrics.request_ended(
      {.outcome = "stop", .queue = Seconds{0.02}, .first_token = Seconds{0.2}, .total = Seconds{3}});
  metrics.request_ended({.outcome = "cancelled", .total = Seconds{0.01}});
  const std::string text = metrics.text({});
  EXPECT_TRUE(text.contains("minerva_time_to_first_token_seconds_count 1\n")) << text;
  EXPECT_TRUE(text.contains("minerva_time_to_first_token_seconds_bucket{le=\"0.1\"} 0\n")) << text;
  EXPECT_TRUE(text.contains("minerva_time_to_first_token_seconds_bucket{le=\"0.25\"} 1\n")) << text;
  EXPECT_TRUE(text.contains("minerva_queue_seconds_count 1\n")) << text;
  EXPECT_TRUE(text.contains("minerva_request_seconds_count 2\n")) << text;
}

TEST(ServerMetrics, TimesTheGapsBetweenTokensButNotTheFirst) {
  ServerMetrics metrics;
  metrics.tokens_came(1, Seconds{-1});
  metrics.tokens_came(2, Seconds{0.04});
  const std::string text = metrics.text({});
  EXPECT_TRUE(text.contains("minerva_generated_tokens_total 3\n")) << text;
  EXPECT_TRUE(text.contains("minerva_inter_token_seconds_count 1\n")) << text;
}

TEST(ServerMetrics, ShowsHowThingsAre) {
  ServerMetrics metrics;
  const std::string text = metrics.text(
      {.engine = {.n_running = 3, .kv_cells_used = 100, .kv_cells = 4096, .last_step_us = 500'000},
       .n_waiting = 2,
       .worker_pid = ::getpid(),
       .n_worker_restarts = 1,
       .since_last_report = std::chrono::milliseconds{250},
       .ready = true});
  for (const char* line :
       {"minerva_sequences_running 3\n", "minerva_requests_waiting 2\n", "minerva_kv_cells_used 100\n",
        "minerva_kv_cells 4096\n", "minerva_worker_restarts 1\n", "minerva_last_step_seconds 0.5\n",
        "minerva_worker_report_age_seconds 0.25\n", "minerva_ready 1\n"}) {
    EXPECT_TRUE(text.contains(line)) << line << text;
  }
}

TEST(ServerMetrics, ShowsWhatBothProgramsHaveInMemory) {
  ServerMetrics metrics;
  const std::string gateway = "minerva_resident_bytes{program=\"minerva\"} ";
  const std::string worker = "minerva_resident_bytes{program=\"minerva-worker\"} ";
  const auto number_behind = [](const std::string& text, const std::string& name) {
    return std::stod(text.substr(text.find(name) + name.size()));
  };
  const std::string with_worker = metrics.text({.worker_pid = ::getpid()});
  EXPECT_GT(number_behind(with_worker, gateway), 1e6);
  EXPECT_GT(number_behind(with_worker, worker), 1e6);
  EXPECT_EQ(number_behind(metrics.text({}), worker), 0.0);
}

}  // namespace
}  // namespace minerva::observe
