#pragma once
// The generations of one request, one a choice, as one sequence of events; see TokenStream for what a consumer may expect.
// Choices that have something to give take turns.
//
// Threads: the gateway's I/O thread. Owned by the TokenStream and by the coroutines that wait on its behalf.

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.h"
#include "gateway/generation.h"
#include "gateway/token_stream.h"
#include "gateway/wakeup.h"

namespace minerva::gateway {

class Choices {
 public:
  // At least one generation. `changed` is what all of them notify.
  Choices(std::vector<std::shared_ptr<Generation>> generations, std::shared_ptr<Wakeup> changed);

  // The coroutines keep the object alive.
  [[nodiscard]] static boost::asio::awaitable<Status> accepted(std::shared_ptr<Choices> self);
  [[nodiscard]] static boost::asio::awaitable<StreamEvent> next(std::shared_ptr<Choices> self);
  // Nothing when no event came before the deadline.
  [[nodiscard]] static boost::asio::awaitable<std::optional<StreamEvent>> next_until(
      std::shared_ptr<Choices> self, Clock::time_point deadline);

  [[nodiscard]] bool done() const { return n_left_ == 0; }
  void end_early(std::uint32_t choice) { generations_.at(choice)->end_early(); }
  void cancel();

 private:
  [[nodiscard]] std::optional<StreamEvent> take();
  // The error is the request's last event.
  void fail();

  std::vector<std::shared_ptr<Generation>> generations_;
  std::shared_ptr<Wakeup> changed_;
  std::size_t turn_ = 0;  // who is asked first
  std::size_t n_left_;    // whose end was not given
};

}  // namespace minerva::gateway
