#pragma once
// The seam between the step loop and the library that computes: a loaded model, one mutable world of sequences.
//
// Threads: card(), tokenize() and piece() are const and safe from any thread once the backend exists; samplers as Sampler
// says; everything else belongs to the engine's thread. The real one is LlamaCppBackend; tests script their own.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/strong_id.h"
#include "inference/log_probabilities.h"
#include "wire/types.h"

namespace minerva::inference {

using wire::Token;

// A place for one sequence's KV, 0 <= value < card().n_parallel.
using SlotId = StrongId<struct SlotIdTag, std::int32_t>;

// A sequence's KV as the backend writes it: for this model and this program only.
using SlotState = std::vector<std::uint8_t>;

struct BatchToken {
  Token token = 0;
  std::int32_t position = 0;  // in its sequence; a sequence's positions follow each other without gaps
  SlotId slot{};
  bool wants_logits = false;
};

enum class DecodeStatus : std::uint8_t {
  kOk,
  kNoMemorySlot,  // no KV cells left for this batch; nothing was changed, a smaller one may fit
};

struct Piece {
  std::string text;  // may end or begin inside a code point
  bool ends_generation = false;
};

struct Sampled {
  Token token = 0;
  std::optional<LogProbabilities> probabilities;  // when the parameters asked for them
  wire::SamplerMemory memory{};                   // of the sampler after this token
};

// One sequence's way from logits to a token, owned by the sequence.
//
// Threads: sample() of one sampler is called by one thread at a time, which need not be the same each time; different
// samplers are called by different threads at the same time. Each reads the results of the last decode: decode() must not
// be called while any sample() runs. All else of the backend may be, by the engine's thread.
class Sampler {
 public:
  virtual ~Sampler() = default;

  // The token after `n_generated` others, from the logits of entry `batch_index` of the last decode. Depends on the
  // parameters, the seed, `n_generated` and the tokens it has seen; never on the batch's other entries.
  [[nodiscard]] virtual Result<Sampled> sample(std::int32_t batch_index, std::uint32_t n_generated) = 0;

  // Before the first sample(): goes on where another sampler of the same parameters and prompt was after these tokens, when
  // its memory was `memory`.
  [[nodiscard]] virtual Status go_on(std::span<const Token> generated, const wire::SamplerMemory& memory) = 0;
};

// Entries of a batch that may want logits: each sequence's own, and some drafted ones.
[[nodiscard]] constexpr std::uint32_t n_outputs(std::uint32_t n_parallel) {
  constexpr std::uint32_t kLeast = 16;
  return std::max(n_parallel, kLeast);
}

class InferenceBackend {
 public:
  virtual ~InferenceBackend() = default;

  [[nodiscard]] virtual const wire::ModelCard& card() const = 0;

  // kTokenizationFailed when the text cannot be represented. BOS is put in front when the model wants one and the
  // text does not begin with it.
  [[nodiscard]] virtual Result<std::vector<Token>> tokenize(const wire::PromptText& prompt) const = 0;

  [[nodiscard]] virtual Piece piece(Token token) const = 0;

  // `prompt` is what penalties look back on. kInvalidRequest for parameters the library refuses.
  [[nodiscard]] virtual Result<std::unique_ptr<Sampler>> make_sampler(const wire::SamplingParams& params,
                                                                      std::span<const Token> prompt,
                                                                      bool ignore_eos) = 0;

  // At most card().n_batch entries, of which n_outputs(card().n_parallel) want logits. Returns when all is computed, on a GPU
  // too, so that the time it takes is the batch's. An error is the whole batch's and leaves the slots in it unusable until removed; kOutOfMemory
  // and kGpuNotAvailable are the backend's: nothing can be computed with it any more.
  [[nodiscard]] virtual Result<DecodeStatus> decode(std::span<const BatchToken> batch) = 0;

  // Whether remove_from and copy_prefix work at any position. Recurrent memories know a sequence's end only: it can
  // be gone on from, copied whole, and taken as a state.
  [[nodiscard]] virtual bool cuts_anywhere() const = 0;

  // Forgets positions >= `from`. False when this model's memory cannot be cut there: then remove from 0 and compute again.
  [[nodiscard]] virtual bool remove_from(SlotId slot, std::int32_t from) = 0;

  // Makes `target` (empty) hold positions [0, n) of `source`, which may be running. False when this model cannot.
  [[nodiscard]] virtual bool copy_prefix(SlotId source, SlotId target, std::int32_t n) = 0;

  // What the slot holds, to be restored later; bytes that state() would take.
  [[nodiscard]] virtual std::size_t state_size(SlotId slot) const = 0;
  // Empty when the backend cannot.
  [[nodiscard]] virtual SlotState state(SlotId slot) = 0;
  // Makes `slot` (empty) hold what a slot held when its state was taken. False, and the slot empty, when that fails.
  [[nodiscard]] virtual bool restore(SlotId slot, std::span<const std::uint8_t> state) = 0;
};

}  // namespace minerva::inference
