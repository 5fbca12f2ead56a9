// Engine's part that gives sequences their slots, and takes them back.

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "engine/engine.h"

namespace minerva::engine {
namespace {

// A shorter prefix is computed sooner than it is waited for and copied.
constexpr std::uint32_t kLeastAwaited = 16;

// The next turn of a conversation may render the end of this prompt in another way: the mark of the answer's beginning, an
// empty thought. Two questions about one text may begin alike, and a third one not. What comes so many tokens before stays.
constexpr std::uint32_t kCheckpointTail = 16;

// Streams wait for this, and the prompts that were given their slots before. What a long context takes to copy is many
// times as much, so of several such requests each begins with a step of its own.
constexpr std::chrono::milliseconds kLongestAdmission{10};

}  // namespace

// In the queue's order, except that a request whose prompt begins as one that is being computed waits for that one. A
// slot is kept for it meanwhile, so that later ones do not overtake it.
void Engine::admit_waiting() {
  for (const auto& sequence : running_) sequence->n_followers = 0;
  std::uint32_t n_kept = 0;
  AdmissionQueue::Walk walk{waiting_};
  const auto begin = clock_();
  while (kv_.n_free_slots() > n_kept && (running_.empty() || clock_() - begin < kLongestAdmission)) {
    const Sequence* next = walk.next();
    if (next == nullptr) return;
    if (follows_another(*next) || kv_.is_coming(prefix_of(*next))) {
      ++n_kept;
      continue;
    }
    if (!has_kv_for(*next)) return;
    start(waiting_.take(*next));
  }
  if (kv_.n_free_slots() == 0) admit_over_share();
}

// Every slot is taken: one that waits may have a better claim than one that runs.
void Engine::admit_over_share() {
  std::vector<Claim> holders;
  for (const auto& sequence : running_) holders.push_back(sequence->claim());
  for (const Sequence* next : waiting_.first_of_each_claim()) {
    const auto victim = victim_for(next->claim(), holders);
    if (!victim || follows_another(*next)) continue;
    set_aside(*running_[*victim]);
    auto sequence = waiting_.take(*next);
    requeue_set_aside();
    return start(std::move(sequence));
  }
}

// Whether the KV memory will probably hold it beside the others, when all share one.
bool Engine::has_kv_for(const Sequence& newcomer) const {
  const wire::ModelCard& card = backend_.card();
  if (!card.kv_unified || running_.empty()) return true;
  const auto expected = [&](const Sequence& sequence) {
    const std::uint32_t n_allowed = sequence.n_generated() + sequence.n_allowed(card.n_ctx_sequence);
    return std::uint64_t{sequence.n_left()} + outputs_.n_more(sequence.n_generated(), n_allowed);
  };
  std::uint64_t n_needed = expected(newcomer);
  for (const auto& sequence : running_) n_needed += expected(*sequence);
  return n_needed + kv_.cells_busy() <= card.n_ctx + kv_.n_found_busy(prefix_of(newcomer));
}

TokenPrefix Engine::prefix_of(const Sequence& sequence) const {
  return {.tokens = sequence.tokens(), .space = shared_prefixes_ ? 0 : sequence.spec().tenant};
}

// Its slot goes to others; it comes back with what it has said, and with its KV where host memory has room for that.
void Engine::set_aside(Sequence& sequence) {
  log::info("engine", "sequence {} is set aside with {} tokens: others need its place", sequence.id(),
            sequence.n_tokens());
  kv_.give_up(sequence.slot);
  sequence.n_computed = 0;
  sequence.on(SequenceInput::kSetAside);
  ++sequence.stats.n_preempted;
  ++status_.n_preemptions;
}

void Engine::requeue_set_aside() {
  const auto set_aside = std::ranges::stable_partition(
      running_, [](const auto& sequence) { return sequence->state() != SequenceState::kWaiting; });
  for (auto& sequence : set_aside) waiting_.push_front(std::move(sequence));
  running_.erase(set_aside.begin(), set_aside.end());
}

// Whether a running sequence is about to compute enough of this one's prompt that waiting for it saves work; notes it
// there.
bool Engine::follows_another(const Sequence& sequence) {
  if (!kv_.shares_prefixes()) return false;
  const TokenPrefix prompt = prefix_of(sequence).reusable();
  Sequence* leader = nullptr;
  std::uint32_t n_shared = 0;
  for (const auto& other : running_) {
    if (other->state() != SequenceState::kPrefill || other->suspect) continue;
    const std::uint32_t n = engine::n_shared(prefix_of(*other), prompt);
    if (n <= n_shared || n <= other->n_computed) continue;
    leader = other.get();
    n_shared = n;
  }
  if (leader == nullptr) return false;
  const std::uint32_t n_there = std::max(leader->n_computed, kv_.n_found(prefix_of(sequence)));
  if (n_shared < n_there + kLeastAwaited) return false;
  const std::uint32_t n_awaited = n_shared - leader->n_computed;
  leader->n_awaited = leader->n_followers == 0 ? n_awaited : std::min(leader->n_awaited, n_awaited);
  ++leader->n_followers;
  if (kv_.needs_checkpoints()) leader->checkpoints.insert(n_shared);
  return true;
}

void Engine::start(std::unique_ptr<Sequence> sequence) {
  const bool is_new = sequence->sampler == nullptr;
  if (is_new) {
    if (const Status made = make_sampler(*sequence); !made) return end_with(*sequence, made.error());
  }
  const auto opened = kv_.open(prefix_of(*sequence));
  sequence->slot = opened.slot;
  sequence->n_computed = opened.n_computed;
  if (is_new) {
    // What was found for one that goes on is not what its client waited for.
    if (sequence->n_generated() == 0) note_found(*sequence, opened);
    scheduler_.note_prompt(sequence->spec().tenant, sequence->n_left());
  }
  log::debug("engine", "sequence {}: {} of {} tokens found, in slot {}", sequence->id(), sequence->n_computed,
             sequence->n_tokens(), sequence->slot.value);
  if (kv_.needs_checkpoints()) set_checkpoints(*sequence);
  sequence->on(SequenceInput::kStart);
  running_.push_back(std::move(sequence));
}

Status Engine::make_sampler(Sequence& sequence) {
  const auto tokens = sequence.tokens();
  const auto prompt = tokens.first(sequence.stats.n_prompt);
  auto sampler = backend_.make_sampler(sequence.spec().sampling, prompt, sequence.spec().ignore_eos);
  if (!sampler) return std::unexpected(sampler.error());
  sequence.sampler = std::move(*sampler);
  return sequence.sampler->go_on(tokens.subspan(prompt.size()), sequence.sampler_memory);
}

void Engine::note_found(Sequence& sequence, const KvCache::Opened& opened) {
  sequence.stats.n_cached = opened.n_computed;
  sequence.stats.cached_in = opened.tier;
  wire::PrefixUse& found = status_.prefixes[static_cast<std::size_t>(opened.tier)];
  wire::PrefixUse& not_found = status_.prefixes[static_cast<std::size_t>(wire::PrefixTier::kNone)];
  ++found.n_requests;
  found.n_tokens += opened.n_computed;
  not_found.n_tokens += sequence.n_tokens() - opened.n_computed;
}

// At the end of the prompt, where the next turn of the conversation will part from it, and where it parts from what others
// asked.
void Engine::set_checkpoints(Sequence& sequence) {
  for (const std::uint32_t end : {sequence.n_tokens(), kv_.branch_of(prefix_of(sequence))}) {
    if (end > kCheckpointTail) sequence.checkpoints.insert(end - kCheckpointTail);
  }
}

}  // namespace minerva::engine
