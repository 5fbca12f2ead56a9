#include "engine_simulation.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/log.h"

namespace minerva::simulation {
namespace {

using inference::BatchToken;
using support::ScriptedOptions;

// Prompt tokens that a step may take whatever it costs (engine/scheduler.cpp, kLeastPrefill).
constexpr std::uint32_t kLeastChunk = 16;

// How far a step may miss the limit because the engine's idea of the machine is an estimate: at first, and when it has
// seen some steps. (That the plans keep the limit by what is known, the scheduler's own simulation holds exactly.)
constexpr double kFirstEstimate = 2;
constexpr double kEstimate = 1.25;
constexpr std::uint64_t kStepsToLearn = 100;

// Steps in which a sequence that was set aside has come back.
constexpr std::uint64_t kStepsToResume = 100;

// Steps after which a request that is open is taken to starve. With n clients, n - 1 others may be served before it, as many
// at once as there is room for, each of them a whole context in the least chunks and by streams that take turns of four.
std::uint64_t patience(const Shape& shape) {
  const std::uint64_t n_context = shape.machine.n_ctx_sequence;
  const std::uint64_t n_room =
      shape.machine.kv_cells > 0 ? shape.machine.kv_cells / n_context : shape.machine.n_parallel;
  const std::uint64_t n_at_once = std::clamp<std::uint64_t>(n_room, 1, shape.machine.n_parallel);
  const std::uint64_t n_rounds = (shape.traffic.n_clients + n_at_once - 1) / n_at_once;
  return shape.traffic.n_clients * n_context / kLeastChunk + 4 * n_rounds * n_context;
}

std::uint64_t attended(std::span<const BatchToken> batch) {
  std::uint64_t sum = 0;
  for (const BatchToken& entry : batch) sum += static_cast<std::uint64_t>(entry.position);
  return sum;
}

}  // namespace

EngineSimulation::EngineSimulation(const Shape& shape, std::uint64_t seed)
    : shape_{shape},
      trouble_{seed + 1'000'003},
      backend_{scripted()},
      engine_{
          backend_,
          {.max_itl_ms = shape.max_itl_ms, .drafts = shape.drafts, .prefix_store_bytes = shape.store_bytes},
          [this] { return now(); }},
      traffic_{[&] {
                 TrafficOptions options = shape.traffic;
                 options.n_context = shape.machine.n_ctx_sequence;
                 return options;
               }(),
               seed},
      ledger_{{.next = shape.machine.next,
               .n_context = shape.machine.n_ctx_sequence,
               .may_fail = shape.fails_in > 0,
               .may_run_out = shape.no_room_in > 0}} {
  log::configure(log::Level::kOff, "");
}

ScriptedOptions EngineSimulation::scripted() {
  ScriptedOptions options = shape_.machine;
  options.cost = [this](std::span<const BatchToken> batch) {
    n_attended_ = attended(batch);
    return shape_.law.of(batch.size(), n_attended_);
  };
  options.fault = [this](std::uint64_t n_decode, std::span<const BatchToken>) -> ScriptedOptions::Fault {
    const auto strikes = [this](std::uint32_t in) { return !is_calm_ && in > 0 && trouble_() % in == 0; };
    if (strikes(shape_.fails_in))
      return {.error = Error{
                  .code = ErrorCode::kInternal, .message = fmt::format("fault {}", n_decode), .field = {}}};
    return {.error = {}, .no_memory_slot = strikes(shape_.no_room_in)};
  };
  return options;
}

void EngineSimulation::run(std::uint64_t n_steps) {
  for (const std::uint64_t end = n_step_ + n_steps; n_step_ < end && !testing::Test::HasFailure();) {
    submit_due();
    leave_due();
    if (engine_.idle()) {
      const auto next = traffic_.next_at();
      ASSERT_TRUE(next) << "the engine is at rest, and every client waits for it";
      skipped_ += std::max(Time{0}, *next - now());
      continue;
    }
    step();
  }
}

void EngineSimulation::submit_due() {
  while (auto request = traffic_.next(now())) {
    auto spec = request->spec;
    auto prompt = request->prompt;
    ledger_.submitted(*std::move(request), n_step_);
    engine_.submit(std::move(spec), std::move(prompt));
  }
}

void EngineSimulation::leave_due() {
  std::vector<std::uint64_t> leaving;
  for (const auto& [id, entry] : ledger_.open()) {
    if (entry.request.leaves && *entry.request.leaves <= now() && !entry.is_left) leaving.push_back(id);
  }
  std::ranges::sort(leaving);
  for (const std::uint64_t id : leaving) {
    ledger_.left(id);
    engine_.cancel(id);
    if (id % 3 == 0) engine_.cancel(id);
  }
}

void EngineSimulation::step() {
  const auto n_streams =
      static_cast<std::uint32_t>(std::ranges::count_if(ledger_.open(), [](const auto& each) {
        return each.second.last_token_in > 0 && !each.second.is_left;
      }));
  ++n_step_;
  const Time begin = now();
  const auto events = engine_.step();
  const Time took = now() - begin;
  for (const auto& event : events) {
    if (const auto ended = ledger_.note(event, n_step_)) {
      std::vector<wire::Token> tokens = ended->request.prompt;
      tokens.insert(tokens.end(), ended->answer.begin(), ended->answer.end());
      if (!tokens.empty() && tokens.back() == support::kEndToken) tokens.pop_back();
      traffic_.ended(ended->request.spec.id, tokens, now());
    }
  }
  check_step();
  check_limit(took, n_streams);
}

void EngineSimulation::check_step() {
  const auto status = engine_.status();
  EXPECT_EQ(status.kv_cells_used, backend_.cells_used()) << "step " << n_step_;
  EXPECT_LE(status.n_running, shape_.machine.n_parallel) << "step " << n_step_;
  EXPECT_LE(status.n_running + status.n_waiting, ledger_.open().size()) << "step " << n_step_;
  if (shape_.fails_in > 0 || shape_.no_room_in > 0 || shape_.traffic.has_priorities) return;
  EXPECT_LE(ledger_.most_steps_open(), patience(shape_)) << "step " << n_step_;
}

// A stream that is set aside for another waits, and may; from outside that looks as if it ran. So nothing is held against a
// step soon after one was set aside.
void EngineSimulation::check_limit(Time took, std::uint32_t n_streams) {
  const std::uint64_t n_preemptions = engine_.status().n_preemptions;
  if (std::exchange(n_preemptions_, n_preemptions) != n_preemptions) last_preemption_ = n_step_;
  const bool is_disturbed = last_preemption_ > 0 && n_step_ < last_preemption_ + kStepsToResume;
  if (n_streams == 0 || shape_.max_itl_ms == 0 || is_disturbed || shape_.fails_in > 0 ||
      shape_.no_room_in > 0)
    return;
  ++n_limits_checked_;
  // What has to run, the streams and the least chunk, may take longer than the limit.
  const Time limit = std::chrono::milliseconds{shape_.max_itl_ms};
  const Time least = shape_.law.of(n_streams + kLeastChunk, n_attended_);
  const auto target = std::chrono::duration<double, std::micro>{std::max(limit, least)};
  const auto allowed = target * (n_step_ > kStepsToLearn ? kEstimate : kFirstEstimate);
  EXPECT_LE(took.count(), allowed.count()) << "step " << n_step_ << " beside " << n_streams << " streams";
}

void EngineSimulation::settle() {
  is_calm_ = true;
  const std::uint64_t end = n_step_ + patience(shape_);
  while (!engine_.idle() && !testing::Test::HasFailure()) {
    ASSERT_LT(n_step_, end) << ledger_.open().size() << " requests are open and do not end";
    step();
  }
  EXPECT_TRUE(ledger_.open().empty()) << ledger_.open().size() << " requests have no end";
  const auto status = engine_.status();
  EXPECT_EQ(status.n_running, 0U);
  EXPECT_EQ(status.n_waiting, 0U);
}

void EngineSimulation::fill() {
  const std::uint32_t n_context = shape_.machine.n_ctx_sequence;
  const std::uint32_t n_parallel = shape_.machine.n_parallel;
  const std::uint32_t n_cells =
      shape_.machine.kv_cells > 0 ? shape_.machine.kv_cells : n_context * n_parallel;
  const std::uint32_t n_requests = std::clamp(n_cells / n_context, 1U, n_parallel);
  const std::uint64_t n_finished = ledger_.n_finished();
  for (std::uint32_t i = 0; i < n_requests; ++i) {
    Request request;
    request.spec.id = 1'000'000'000 + i;
    request.spec.max_tokens = 1;
    // Like nothing that was asked before.
    request.prompt.assign(std::min(n_context - 1, n_cells), static_cast<wire::Token>('0' + i));
    auto spec = request.spec;
    auto prompt = request.prompt;
    ledger_.submitted(std::move(request), n_step_);
    engine_.submit(std::move(spec), std::move(prompt));
  }
  settle();
  EXPECT_EQ(ledger_.n_finished() - n_finished, n_requests);
  if (n_requests == n_parallel) {
    EXPECT_EQ(engine_.status().kv_cells_used, n_parallel * (n_context - 1));
    EXPECT_EQ(backend_.cells_used(), n_parallel * (n_context - 1));
  }
}

}  // namespace minerva::simulation
