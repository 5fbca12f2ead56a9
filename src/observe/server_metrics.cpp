#include "observe/server_metrics.h"

#include <prometheus/text_serializer.h>
#include <unistd.h>

#include "observe/engine_metrics.h"
#include "observe/instruments.h"
#include "observe/process_memory.h"

namespace minerva::observe {
namespace {

constexpr const char* kResidentName = "minerva_resident_bytes";
constexpr const char* kResidentHelp = "Memory that a program has, mapped files too";

constexpr const char* kDeathsName = "minerva_worker_deaths_total";
constexpr const char* kDeathsHelp = "Workers that ended without being asked to, by why";

// 0: there is no such process.
double bytes_of(int pid) {
  const auto bytes = pid > 0 ? resident_bytes(pid) : std::nullopt;
  return static_cast<double>(bytes.value_or(0));
}

double seconds(RequestSample::Seconds time) { return time.count(); }

}  // namespace

struct ServerMetrics::Numbers {
  prometheus::Registry registry;
  Instruments make{registry};
  EngineMetrics engine{registry};

  prometheus::Family<prometheus::Counter>& requests = prometheus::BuildCounter()
                                                          .Name("minerva_requests_total")
                                                          .Help("Requests that ended, by how")
                                                          .Register(registry);
  prometheus::Histogram& first_token = make.histogram(
      "minerva_time_to_first_token_seconds", "From a request's arrival to its first token", wait_buckets());
  prometheus::Histogram& gap =
      make.histogram("minerva_inter_token_seconds", "Between two tokens of one stream", gap_buckets());
  prometheus::Histogram& queue =
      make.histogram("minerva_queue_seconds", "From a request's arrival to its first step", wait_buckets());
  prometheus::Histogram& total =
      make.histogram("minerva_request_seconds", "From a request's arrival to its end", total_buckets());
  prometheus::Counter& prompt_tokens =
      make.counter("minerva_prompt_tokens_total", "Tokens of the prompts of ended requests");
  prometheus::Counter& cached_tokens = make.counter("minerva_prompt_tokens_cached_total",
                                                    "Of these, taken from a prefix that was there already");
  prometheus::Counter& drafted_tokens =
      make.counter("minerva_draft_tokens_total", "Tokens that were computed ahead for ended requests");
  prometheus::Counter& accepted_tokens =
      make.counter("minerva_draft_tokens_accepted_total", "Of these, right");
  prometheus::Counter& generated_tokens =
      make.counter("minerva_generated_tokens_total", "Tokens that were generated");
  prometheus::Gauge& waiting =
      make.gauge("minerva_requests_waiting", "Requests that wait for a sequence or a prefix");
  prometheus::Gauge& restarts =
      make.gauge("minerva_worker_restarts", "Restarts of the worker since the server began");
  prometheus::Counter& crashes = make.counter(kDeathsName, kDeathsHelp, {{"cause", "crashed"}});
  prometheus::Counter& hangs = make.counter(kDeathsName, kDeathsHelp, {{"cause", "hung"}});
  prometheus::Counter& resumed =
      make.counter("minerva_requests_resumed_total", "Times that a request went on with the next worker");
  prometheus::Family<prometheus::Counter>& fallbacks =
      prometheus::BuildCounter()
          .Name("minerva_fallbacks_total")
          .Help("Times that the next worker took less than the one before, by why")
          .Register(registry);
  prometheus::Gauge& rung =
      make.gauge("minerva_placement_rung", "Of the ladder of smaller placements; 0: as asked");
  prometheus::Counter& take_overs =
      make.counter("minerva_standby_takeovers_total", "Times that the standby became the worker that serves");
  prometheus::Gauge& standby_ready =
      make.gauge("minerva_standby_ready", "1 while a standby could take over at once");
  prometheus::Gauge& standby_bytes =
      make.gauge(kResidentName, kResidentHelp, {{"program", "minerva-worker (standby)"}});
  prometheus::Gauge& report_age =
      make.gauge("minerva_worker_report_age_seconds", "Since the worker's last word");
  prometheus::Gauge& gateway_bytes = make.gauge(kResidentName, kResidentHelp, {{"program", "minerva"}});
  prometheus::Gauge& worker_bytes = make.gauge(kResidentName, kResidentHelp, {{"program", "minerva-worker"}});
  prometheus::Gauge& ready = make.gauge("minerva_ready", "1 while requests are answered");
};

// A rate needs the zero before the first.
ServerMetrics::ServerMetrics() : numbers_(std::make_unique<Numbers>()) {
  for (const char* reason : {"memory", "device", "deaths"}) numbers_->fallbacks.Add({{"reason", reason}});
}
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

void ServerMetrics::engine_reported(const wire::EngineStatus& before, const wire::EngineStatus& now) {
  numbers_->engine.add(before, now);
}

void ServerMetrics::worker_died(bool hung, std::size_t n_resumed) {
  (hung ? numbers_->hangs : numbers_->crashes).Increment();
  numbers_->resumed.Increment(static_cast<double>(n_resumed));
}

void ServerMetrics::fell_back(std::string_view reason) {
  numbers_->fallbacks.Add({{"reason", std::string{reason}}}).Increment();
}

void ServerMetrics::standby_took_over() { numbers_->take_overs.Increment(); }

std::string ServerMetrics::text(const ServerSnapshot& now) {
  numbers_->engine.show(now.engine, now.memory);
  numbers_->waiting.Set(now.n_waiting);
  numbers_->restarts.Set(now.n_worker_restarts);
  numbers_->report_age.Set(seconds(now.since_last_report));
  numbers_->rung.Set(now.rung);
  numbers_->standby_ready.Set(now.standby_ready ? 1 : 0);
  numbers_->worker_bytes.Set(bytes_of(now.worker_pid));
  numbers_->standby_bytes.Set(bytes_of(now.standby_pid));
  numbers_->gateway_bytes.Set(static_cast<double>(resident_bytes(::getpid()).value_or(0)));
  numbers_->ready.Set(now.ready ? 1 : 0);
  return prometheus::TextSerializer{}.Serialize(numbers_->registry.Collect());
}

}  // namespace minerva::observe
