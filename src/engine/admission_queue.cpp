#include "engine/admission_queue.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace minerva::engine {
namespace {

using Cost = TenantShares::Cost;

// A token that is generated costs about as much of a step's time as so many of a prompt: between 3 on a CPU whose slots are
// busy and 10 on a GPU.
constexpr Cost kGeneratedCost = 4;

Cost cost_of(std::uint32_t n_prompt, std::uint32_t n_generated) {
  return Cost{n_prompt} + kGeneratedCost * Cost{n_generated};
}

}  // namespace

void AdmissionQueue::push(std::unique_ptr<Sequence> sequence) {
  entries_.push_back({.sequence = std::move(sequence), .rank = ++last_rank_});
}

void AdmissionQueue::push_front(std::unique_ptr<Sequence> sequence) {
  entries_.push_back({.sequence = std::move(sequence), .rank = --first_rank_});
}

std::unique_ptr<Sequence> AdmissionQueue::remove(std::uint64_t id) {
  const auto found =
      std::ranges::find_if(entries_, [id](const Entry& entry) { return entry.sequence->id() == id; });
  if (found == entries_.end()) return nullptr;
  auto sequence = std::move(found->sequence);
  entries_.erase(found);
  return sequence;
}

std::unique_ptr<Sequence> AdmissionQueue::take(const Sequence& waiting) {
  const auto received = [this](const Entry& entry) {
    return shares_.received(entry.sequence->spec().tenant);
  };
  assert(!entries_.empty() && "what is taken waits here");
  // One of higher priority may have received more than those that wait beside it: they lose nothing by that.
  shares_.advance(received(*std::ranges::min_element(entries_, std::less{}, received)));
  auto sequence = remove(waiting.id());
  assert(sequence && "what is taken waits here");
  for (const Entry& other : entries_) {
    if (other.sequence->spec().priority < sequence->spec().priority) ++other.sequence->n_overtaken;
  }
  // One that was set aside was charged before.
  if (sequence->charged == 0) {
    sequence->charged = expected_cost(*sequence);
    shares_.charge(sequence->spec().tenant, sequence->charged);
  }
  return sequence;
}

// What is found in the prefix cache is not known yet; settle() knows.
Cost AdmissionQueue::expected_cost(const Sequence& sequence) const {
  return cost_of(sequence.n_left(), outputs_.n_more(0, sequence.n_allowed(n_context_)));
}

std::tuple<std::int32_t, Cost, std::int64_t> AdmissionQueue::place(const Entry& entry, Cost promised) const {
  const Sequence& sequence = *entry.sequence;
  return {-sequence.level(), shares_.received(sequence.spec().tenant) + promised, entry.rank};
}

const Sequence* AdmissionQueue::Walk::next() {
  if (shown_) pass_over(*shown_);
  const auto place = [this](const Entry& entry) {
    const auto promised = promised_.find(entry.sequence->spec().tenant);
    return queue_.place(entry, promised == promised_.end() ? 0 : promised->second);
  };
  const Entry* first = nullptr;
  for (const Entry& entry : queue_.entries_) {
    if (std::ranges::contains(passed_, entry.rank)) continue;
    if (first == nullptr || place(entry) < place(*first)) first = &entry;
  }
  if (first == nullptr) return nullptr;
  shown_ = first->rank;
  return first->sequence.get();
}

void AdmissionQueue::Walk::pass_over(std::int64_t rank) {
  shown_.reset();
  const auto left = std::ranges::find(queue_.entries_, rank, &Entry::rank);
  if (left == queue_.entries_.end()) return;
  passed_.push_back(rank);
  promised_[left->sequence->spec().tenant] += queue_.expected_cost(*left->sequence);
}

std::vector<const Sequence*> AdmissionQueue::first_of_each_claim() const {
  std::map<std::pair<std::uint32_t, std::int32_t>, const Entry*> first;
  for (const Entry& entry : entries_) {
    const Entry*& best = first[{entry.sequence->spec().tenant, entry.sequence->level()}];
    if (best == nullptr || entry.rank < best->rank) best = &entry;
  }
  std::vector<const Entry*> ordered;
  for (const auto& [claim, entry] : first) ordered.push_back(entry);
  std::ranges::sort(ordered, std::less{}, [this](const Entry* entry) { return place(*entry); });
  std::vector<const Sequence*> sequences;
  for (const Entry* entry : ordered) sequences.push_back(entry->sequence.get());
  return sequences;
}

void AdmissionQueue::settle(Sequence& ended) {
  if (ended.charged == 0) return;
  const std::uint32_t n_generated = ended.n_generated();
  const std::uint32_t n_cached = ended.stats.n_cached;
  const std::uint32_t n_there = n_generated > 0 ? ended.stats.n_prompt : std::max(ended.n_computed, n_cached);
  const Cost taken = cost_of(n_there - n_cached, n_generated);
  shares_.charge(ended.spec().tenant, taken - std::exchange(ended.charged, 0));
}

}  // namespace minerva::engine
