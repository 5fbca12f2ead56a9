#pragma once
// Any backend, its steps taken when the scenario says so. Threads: the engine's, as InferenceBackend.

#include <memory>
#include <stop_token>
#include <utility>

#include "engine_control.h"
#include "inference/inference_backend.h"

namespace minerva::scenario {

class PacedBackend final : public inference::InferenceBackend {
 public:
  PacedBackend(std::unique_ptr<InferenceBackend> inner, EngineControl& control, std::stop_token dead)
      : inner_(std::move(inner)), control_(control), dead_(std::move(dead)) {}

  const wire::ModelCard& card() const override { return inner_->card(); }
  Result<std::vector<wire::Token>> tokenize(const wire::PromptText& prompt) const override {
    return inner_->tokenize(prompt);
  }
  inference::Piece piece(wire::Token token) const override { return inner_->piece(token); }
  Result<std::unique_ptr<inference::Sampler>> make_sampler(const wire::SamplingParams& params,
                                                           std::span<const wire::Token> prompt,
                                                           bool ignore_eos) override {
    return inner_->make_sampler(params, prompt, ignore_eos);
  }
  Result<inference::DecodeStatus> decode(std::span<const inference::BatchToken> batch) override {
    if (!control_.wait_for_step(dead_)) return fail(ErrorCode::kInternal, "the worker is dead");
    return inner_->decode(batch);
  }
  bool cuts_anywhere() const override { return inner_->cuts_anywhere(); }
  bool remove_from(inference::SlotId slot, std::int32_t from) override {
    return inner_->remove_from(slot, from);
  }
  bool copy_prefix(inference::SlotId source, inference::SlotId target, std::int32_t n) override {
    return inner_->copy_prefix(source, target, n);
  }
  std::size_t state_size(inference::SlotId slot) const override { return inner_->state_size(slot); }
  inference::SlotState state(inference::SlotId slot) override { return inner_->state(slot); }
  bool restore(inference::SlotId slot, std::span<const std::uint8_t> state) override {
    return inner_->restore(slot, state);
  }

 private:
  std::unique_ptr<InferenceBackend> inner_;
  EngineControl& control_;
  std::stop_token dead_;
};

}  // namespace minerva::scenario
