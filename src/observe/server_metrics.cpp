#include "observe/server_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace minerva::observe {
namespace {

using Buckets = prometheus::Histogram::BucketBoundaries;

// Seconds. From a small model on a GPU to a large one on a CPU.
const Buckets kGapBuckets{0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075,
                          0.1,   0.15,   0.2,   0.3,  0.5,  1,    2,    5};
const Buckets kWaitBuckets{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120};
const Buckets kTotalBuckets{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600};

}  // namespace

struct ServerMetrics::Numbers {
  prometheus::Registry registry;

  prometheus::Histogram& histogram(const char* name, const char* help, const Buckets& buckets) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, buckets);
  }
  prometheus::Counter& counter(const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
  }
  prometheus::Gauge& gauge(const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
  }

  prometheus::Family<prometheus::Counter>& requests = prometheus::BuildCounter()
                                                          .Name("minerva_requests_total")
                                                          .Help("Requests that ended, by how")
                                                          .Register(registry);
  prometheus::Histogram& first_token = histogram("minerva_time_to_first_token_seconds",
                                                 "From a request's arrival to its first token", kWaitBuckets);
  prometheus::Histogram& gap =
      histogram("minerva_inter_token_seconds", "Between two tokens of one stream", kGapBuckets);
  prometheus::Histogram& queue =
      histogram("minerva_queue_seconds", "From a request's arrival to its first step", kWaitBuckets);
  prometheus::Histogram& total =
      histogram("minerva_request_seconds", "From a request's arrival to its end", kTotalBuckets);
  prometheus::Counter& prompt_tokens =
      counter("minerva_prompt_tokens_total", "Tokens of the prompts of ended requests");
  prometheus::Counter& cached_tokens =
      counter("minerva_prompt_tokens_cached_total", "Of these, taken from a prefix that was there already");
  prometheus::Counter& drafted_tokens =
      counter("minerva_draft_tokens_total", "Tokens that were computed ahead for ended requests");
  prometheus::Counter& accepted_tokens = counter("minerva_draft_tokens_accepted_total", "Of these, right");
  prometheus::Counter& generated_tokens =
      counter("minerva_generated_tokens_total", "Tokens that were generated");
  prometheus::Gauge& running = gauge("minerva_sequences_running", "Requests that hold a sequence");
  prometheus::Gauge& waiting =
      gauge("minerva_requests_waiting", "Requests that wait for a sequence or a prefix");
  prometheus::Gauge& kv_used =
      gauge("minerva_kv_cells_used", "KV cells that hold a token, cached prefixes too");
  prometheus::Gauge& kv_cells = gauge("minerva_kv_cells", "KV cells that there are");
  prometheus::Gauge& restarts =
      gauge("minerva_worker_restarts", "Restarts of the worker since the server began");
  prometheus::Gauge& last_step = gauge("minerva_last_step_seconds", "What the engine's last step took");
  prometheus::Gauge& report_age = gauge("minerva_worker_report_age_seconds", "Since the worker's last word");
  prometheus::Gauge& ready = gauge("minerva_ready", "1 while requests are answered");
};

ServerMetrics::ServerMetrics() : numbers_(std::make_unique<Numbers>()) {}
ServerMetrics::~ServerMetrics() = default;

void ServerMetrics::request_ended(const RequestSample& sample) {
  numbers_->requests.Add({{"outcome", std::string{sample.outcome}}}).Increment();
  if (sample.queue.count() >= 0) numbers_->queue.Observe(sample.queue.count());
  if (sample.first_token.count() >= 0) numbers_->first_token.Observe(sample.first_token.count());
  numbers_->total.Observe(sample.total.count());
  numbers_->prompt_tokens.Increment(sample.n_prompt);
  numbers_->cached_tokens.Increment(sample.n_cached);
  numbers_->drafted_tokens.Increment(sample.n_drafted);
  numbers_->accepted_tokens.Increment(sample.n_accepted);
}

void ServerMetrics::tokens_came(std::uint32_t n_tokens, RequestSample::Seconds gap) {
  numbers_->generated_tokens.Increment(n_tokens);
  if (gap.count() >= 0) numbers_->gap.Observe(gap.count());
}

std::string ServerMetrics::text(const ServerSnapshot& now) {
  numbers_->running.Set(now.n_running);
  numbers_->waiting.Set(now.n_waiting);
  numbers_->kv_used.Set(now.kv_cells_used);
  numbers_->kv_cells.Set(now.kv_cells);
  numbers_->restarts.Set(now.n_worker_restarts);
  numbers_->last_step.Set(now.last_step_s);
  numbers_->report_age.Set(now.since_last_report_s);
  numbers_->ready.Set(now.ready ? 1 : 0);
  return prometheus::TextSerializer{}.Serialize(numbers_->registry.Collect());
}

}  // namespace minerva::observe
