#pragma once
// Counts the work in flight inside a long-lived part, so that its stop() can wait for all of it: every coroutine and
// callback that outlives its caller holds a Pass.
//
// Threads: one thread; nothing is synchronised. A Pass may outlive the Gate.

#include <cassert>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

namespace minerva {

class Gate {
  struct State {
    std::size_t n_inside = 0;
    bool closed = false;
    std::function<void()> when_empty;
  };

 public:
  class Pass {
   public:
    Pass(Pass&& other) noexcept = default;
    Pass& operator=(Pass&&) = delete;
    ~Pass() { leave(); }

    // Idempotent; what the destructor does.
    void leave() {
      const auto state = std::exchange(state_, nullptr);
      if (state && --state->n_inside == 0 && state->closed) {
        if (const auto tell = std::exchange(state->when_empty, nullptr)) tell();
      }
    }

   private:
    friend class Gate;
    explicit Pass(std::shared_ptr<State> state) : state_(std::move(state)) { ++state_->n_inside; }
    std::shared_ptr<State> state_;
  };

  Gate() = default;
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate() {
    assert(state_->n_inside == 0 && "a part was destroyed while its work was in flight: stop() comes first");
  }

  [[nodiscard]] Pass enter() {
    assert(!state_->closed && "work was begun in a part that has stopped");
    return Pass{state_};
  }

  // Nobody enters any more. `when_empty` is called once: when the last Pass leaves, or now if nobody is inside.
  void close(std::function<void()> when_empty) {
    state_->closed = true;
    if (state_->n_inside == 0) return when_empty();
    state_->when_empty = std::move(when_empty);
  }

  [[nodiscard]] std::size_t n_inside() const { return state_->n_inside; }

 private:
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace minerva
