#include "inference/candidates.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "inference/exponential.h"

namespace minerva::inference {
namespace {

using Candidates = llama_token_data_array;

constexpr float kNever = -std::numeric_limits<float>::infinity();

std::span<llama_token_data> span_of(const Candidates& candidates) {
  return {candidates.data, candidates.size};
}

// Leaves those of the highest rank that have the mass together. A rank is a float that is not negative, as its bits, which
// are in the same order: their upper part is the number of a bucket, and only the bucket in which the mass is reached is
// looked at one by one.
template <typename Rank>
void keep_mass(Candidates& candidates, double mass, std::size_t n_least, Rank rank) {
  constexpr std::uint32_t kBucketShift = 20;  // eight buckets for each power of two
  constexpr std::uint32_t kBuckets = 1U << (31 - kBucketShift);
  struct Bucket {
    double mass = 0.0;
    std::size_t n = 0;
  };
  std::array<Bucket, kBuckets> buckets{};
  for (const llama_token_data& candidate : span_of(candidates)) {
    Bucket& bucket = buckets[rank(candidate) >> kBucketShift];
    bucket.mass += static_cast<double>(candidate.p);
    ++bucket.n;
  }
  Bucket above;
  std::uint32_t reached = kBuckets - 1;
  for (; reached > 0; --reached) {
    const Bucket& bucket = buckets[reached];
    if (above.mass + bucket.mass >= mass && above.n + bucket.n >= n_least) break;
    above.mass += bucket.mass;
    above.n += bucket.n;
  }
  std::vector<const llama_token_data*> inside;
  for (const llama_token_data& candidate : span_of(candidates)) {
    if (rank(candidate) >> kBucketShift == reached) inside.push_back(&candidate);
  }
  std::ranges::stable_sort(inside, std::greater{}, [&](const auto* candidate) { return rank(*candidate); });
  std::uint32_t lowest = reached << kBucketShift;
  std::size_t n_lowest = 0;  // of that rank itself, so many stay
  for (const llama_token_data* candidate : inside) {
    n_lowest = rank(*candidate) == lowest ? n_lowest + 1 : 1;
    lowest = rank(*candidate);
    above.mass += static_cast<double>(candidate->p);
    ++above.n;
    if (above.mass >= mass && above.n >= n_least) break;
  }
  leave_out(candidates, [&](const llama_token_data& candidate) {
    const std::uint32_t own = rank(candidate);
    if (own != lowest) return own < lowest;
    if (n_lowest == 0) return true;
    --n_lowest;
    return false;
  });
}

}  // namespace

const llama_token_data* likeliest(const Candidates& candidates) {
  if (candidates.size == 0) return nullptr;
  const llama_token_data* best = candidates.data;
  if (candidates.sorted) return best;
  float most = best->logit;
  for (const llama_token_data& candidate : span_of(candidates)) {
    if (!(candidate.logit > most)) continue;
    most = candidate.logit;
    best = &candidate;
  }
  return best;
}

double set_weights(Candidates& candidates) {
  const llama_token_data* first = likeliest(candidates);
  if (first == nullptr) return 0.0;
  const auto all = span_of(candidates);
  const float most = first->logit;
  double total = 0.0;
  std::size_t at = 0;
  for (; at + kLanes <= all.size(); at += kLanes) {
    llama_token_data* four = all.data() + at;
    const FloatLanes logits{four[0].logit, four[1].logit, four[2].logit, four[3].logit};
    const FloatLanes weights = exponential(logits - most);
    for (std::size_t i = 0; i < kLanes; ++i) four[i].p = weights[i];
    total += static_cast<double>(sum_of(weights));
  }
  for (; at < all.size(); ++at) {
    all[at].p = exponential(FloatLanes{} + (all[at].logit - most))[0];
    total += static_cast<double>(all[at].p);
  }
  return total;
}

void set_probabilities(Candidates& candidates) {
  const double total = set_weights(candidates);
  if (!(total > 0.0)) return;  // none is possible
  const auto share = static_cast<float>(1.0 / total);
  for (llama_token_data& candidate : span_of(candidates)) candidate.p *= share;
}

void keep_likeliest(Candidates& candidates, float mass, std::size_t n_least) {
  set_probabilities(candidates);
  if (candidates.sorted) {
    double sum = 0.0;
    std::size_t n = 0;
    while (n < candidates.size && (sum < static_cast<double>(mass) || n < n_least))
      sum += static_cast<double>(candidates.data[n++].p);
    candidates.size = n;
    return;
  }
  keep_mass(candidates, static_cast<double>(mass), n_least,
            [](const llama_token_data& candidate) { return std::bit_cast<std::uint32_t>(candidate.p); });
}

void keep_most_typical(Candidates& candidates, float mass, std::size_t n_least) {
  set_probabilities(candidates);
  const llama_token_data* first = likeliest(candidates);
  if (first == nullptr) return;
  // The surprise of a candidate is that of the likeliest one and the distance of their logits.
  const float base = -std::log(first->p);
  const float most = first->logit;
  const auto surprise = [&](const llama_token_data& candidate) { return base + (most - candidate.logit); };
  double expected = 0.0;
  for (const llama_token_data& candidate : span_of(candidates)) {
    if (candidate.p > 0.0F) expected += static_cast<double>(candidate.p * surprise(candidate));
  }
  const auto aim = static_cast<float>(expected);
  constexpr auto kInfinity = std::bit_cast<std::uint32_t>(std::numeric_limits<float>::infinity());
  keep_mass(candidates, static_cast<double>(mass), n_least, [&](const llama_token_data& candidate) {
    return kInfinity - std::bit_cast<std::uint32_t>(std::abs(surprise(candidate) - aim));
  });
}

void keep_within_sigma(Candidates& candidates, float n_sigma) {
  double sum = 0.0;
  double squares = 0.0;
  std::size_t n = 0;
  float most = kNever;
  for (const llama_token_data& candidate : span_of(candidates)) {
    if (!(candidate.logit > kNever)) continue;
    const auto logit = static_cast<double>(candidate.logit);
    sum += logit;
    squares += logit * logit;
    most = std::max(most, candidate.logit);
    ++n;
  }
  if (n < 2) return;
  const double mean = sum / static_cast<double>(n);
  const double sigma = std::sqrt(std::max(0.0, squares / static_cast<double>(n) - mean * mean));
  const auto lowest = static_cast<float>(static_cast<double>(most) - static_cast<double>(n_sigma) * sigma);
  leave_out(candidates, [&](const llama_token_data& candidate) { return candidate.logit < lowest; });
}

}  // namespace minerva::inference
