#pragma once
// A second worker with the model loaded, that does nothing until the one that serves ends and it takes over.
//
// It is made when a worker serves and is calm, gently, and on the same placement, since that is where the next one would go: one that
// gets less (memory for a second one is not there) is given up and tried again later, ever more rarely. Its own death costs
// nobody anything; the next is made after a pause.
//
// Threads: the I/O thread. stop order: stop() → keep() ends.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <string>

#include "gateway/restart_policy.h"
#include "gateway/service_event.h"
#include "gateway/wakeup.h"
#include "gateway/worker.h"

namespace minerva::gateway {

class Standby final : public WorkerOwner {
 public:
  using Launch = std::function<Result<std::shared_ptr<Worker>>(WorkerOwner&)>;

  // `is_calm`: no request waits for the worker that serves to compute its prompt.
  Standby(const boost::asio::any_io_executor& executor, RestartTimes times, Launch launch,
          std::function<bool()> is_calm, ServiceEvents& events);

  // From now on there is one, as far as there can be. Run once.
  [[nodiscard]] boost::asio::awaitable<void> keep();

  // A worker serves: the standby must have been asked for the same and have no less.
  void match(const wire::LoadOptions& asked, const wire::ModelCard& serving);
  // It is his from now on, however far it came; null when there is none. None is made until the next match().
  [[nodiscard]] std::shared_ptr<Worker> hand_over(WorkerOwner& owner);
  // Its placement is not what the next worker gets: it is ended, and none is made until the next match().
  void drop();
  // Waits until none holds memory, after drop().
  [[nodiscard]] boost::asio::awaitable<void> gone();
  void stop();

  // The one that there is; null when there is none.
  [[nodiscard]] const Worker* worker() const { return worker_ ? worker_.get() : nullptr; }

 private:
  [[nodiscard]] wire::LoadRequest on_greeted() override;
  void on_progress() override {}
  [[nodiscard]] Status on_loaded() override;
  [[nodiscard]] Status on_report(const wire::EngineStatus& before, wire::StepReport report) override;
  [[nodiscard]] AllowedSilence allowed_silence() const override;
  void on_watch(std::chrono::milliseconds /*passed*/) override {}
  void on_end() override { changed_.notify(); }

  void make_one_when_calm();
  void settle();
  void cannot_be(const Error& why);

  RestartTimes times_;
  RestartPolicy policy_;
  Launch launch_;
  std::function<bool()> is_calm_;
  ServiceEvents& events_;
  bool wanted_ = false;
  bool stopped_ = false;
  wire::LoadOptions asked_;
  wire::ModelCard serving_;
  Clock::time_point due_;     // when the next is made, while one is wanted
  Clock::time_point latest_;  // by then also where it is not calm
  std::shared_ptr<Worker> worker_;
  std::uint32_t n_refused_ = 0;  // in a row
  std::string refusal_;          // the last one told
  Wakeup changed_;
  Wakeup gone_;
};

}  // namespace minerva::gateway
