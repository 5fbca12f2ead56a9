#pragma once
// A DraftModel that says the likeliest token each time, over any backend.
//
// Threads: as DraftModel says.

#include <cstddef>
#include <memory>

#include "inference/draft_model.h"

namespace minerva::inference {

struct GreedyDraftOptions {
  std::uint32_t n_vocab = 0;  // of the served model: tokens from here on are never drafted
  float p_min = 0.0F;         // a token less probable than this is not drafted, nor what would follow it
};

class GreedyDraftModel final : public DraftModel {
 public:
  // The backend has a slot for each of the served model's. kModelInvalid: its memory cannot be cut, so that it could not
  // take back a wrong guess. Other errors are the backend's.
  [[nodiscard]] static Result<std::unique_ptr<GreedyDraftModel>> make(
      std::unique_ptr<InferenceBackend> backend, const GreedyDraftOptions& options);

  [[nodiscard]] const wire::ModelCard& card() const override { return backend_->card(); }
  [[nodiscard]] std::optional<std::uint32_t> n_behind(const Followed& sequence) const override;
  [[nodiscard]] Status catch_up(const Followed& sequence, std::uint32_t n) override;
  [[nodiscard]] Result<std::vector<std::vector<Token>>> draft(std::span<const Followed> sequences,
                                                              std::uint32_t n) override;

 private:
  GreedyDraftModel(std::unique_ptr<InferenceBackend> backend, std::unique_ptr<Sampler> sampler,
                   std::unique_ptr<Sampler> endless, const GreedyDraftOptions& options);

  struct Start {
    SlotId slot{};
    std::size_t n = 0;  // tokens of the sequence, without its last, that the slot begins with
  };
  struct Held {
    std::vector<Token> tokens;  // whose KV the slot has
    std::uint32_t space = 0;
  };
  struct Guess {
    Token token = 0;
    bool is_sure = true;
  };

  [[nodiscard]] Start best_start(const Followed& sequence) const;
  void prepare(const Followed& sequence);
  void cut(SlotId slot, std::size_t n_kept);
  void add(SlotId slot, std::span<const Token> tokens, bool wants_logits);
  [[nodiscard]] Status compute();
  [[nodiscard]] Result<std::vector<std::int32_t>> start_drafts(std::span<const Followed> sequences);
  [[nodiscard]] Result<Guess> guess(std::int32_t batch_index, bool ignores_end);
  void forget(SlotId slot);
  [[nodiscard]] Held& at(SlotId slot) { return held_[static_cast<std::size_t>(slot.value)]; }
  [[nodiscard]] const Held& at(SlotId slot) const { return held_[static_cast<std::size_t>(slot.value)]; }
  [[nodiscard]] std::vector<Token>& held(SlotId slot) { return at(slot).tokens; }
  [[nodiscard]] static std::size_t n_shared(const Held& held, const Followed& sequence);

  std::unique_ptr<InferenceBackend> backend_;
  std::unique_ptr<Sampler> sampler_;  // greedy: one for all
  std::unique_ptr<Sampler> endless_;  // the same without end tokens
  GreedyDraftOptions options_;
  std::vector<Held> held_;         // by slot
  std::vector<BatchToken> batch_;  // scratch
};

}  // namespace minerva::inference
