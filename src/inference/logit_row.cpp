#include "inference/logit_row.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "inference/exponential.h"

namespace minerva::inference {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

constexpr std::size_t kBlock = 64;

constexpr std::int32_t kWithoutSign = 0x7FFF'FFFF;
constexpr std::int32_t kInfinity = 0x7F80'0000;  // the bits; a NaN's are above

// The largest value of each block and whether any was a NaN.
class BlockScan {
 public:
  // Of the values [at, at + kBlock).
  float largest(const float* at) {
    std::array<FloatLanes, 4> most{load_lanes(at), load_lanes(at + kLanes), load_lanes(at + 2 * kLanes),
                                   load_lanes(at + 3 * kLanes)};
    for (std::size_t i = 0; i < kBlock; i += most.size() * kLanes) {
      for (std::size_t j = 0; j < most.size(); ++j) {
        const FloatLanes values = load_lanes(at + i + j * kLanes);
        most[j] = values > most[j] ? values : most[j];
        nan_ |= (bits_of(values) & kWithoutSign) > kInfinity;
      }
    }
    float largest = kNever;
    for (const FloatLanes& lanes : most) {
      for (std::size_t i = 0; i < kLanes; ++i) {
        const float value = lanes[i];
        largest = std::max(largest, value);
      }
    }
    return largest;
  }

  // Of what is left at the end of a row.
  float largest(std::span<const float> rest) {
    float largest = kNever;
    for (const float value : rest) {
      largest = std::max(largest, value);
      if (std::isnan(value)) nan_ |= IntLanes{-1, -1, -1, -1};
    }
    return largest;
  }

  [[nodiscard]] bool saw_nan() const { return (nan_[0] | nan_[1] | nan_[2] | nan_[3]) != 0; }

 private:
  IntLanes nan_{};
};

// Calls visit(first index, values, largest value) for each block of the row. False when a NaN was in it.
template <typename Visit>
bool for_each_block(std::span<const float> row, Visit visit) {
  BlockScan scan;
  std::size_t at = 0;
  for (; at + kBlock <= row.size(); at += kBlock)
    visit(at, row.subspan(at, kBlock), scan.largest(row.data() + at));
  if (at < row.size()) visit(at, row.subspan(at), scan.largest(row.subspan(at)));
  return !scan.saw_nan();
}

// Falling logits, of equals the first token first.
bool comes_before(const llama_token_data& a, const llama_token_data& b) {
  return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
}

// More are found by a selection over all of them.
constexpr std::size_t kMostInHeap = 512;

bool select_many(std::span<const float> logits, std::size_t n, std::vector<llama_token_data>& top) {
  if (argmax(logits) < 0) return false;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (logits[i] > kNever) top.push_back({.id = static_cast<llama_token>(i), .logit = logits[i], .p = 0.0F});
  }
  if (n < top.size()) {
    std::ranges::nth_element(top, top.begin() + static_cast<std::ptrdiff_t>(n), comes_before);
    top.resize(n);
  }
  std::ranges::sort(top, comes_before);
  return true;
}

}  // namespace

std::int32_t argmax(std::span<const float> logits) {
  float most = kNever;
  std::span<const float> where;
  std::size_t at = 0;
  const bool numbers =
      for_each_block(logits, [&](std::size_t first, std::span<const float> block, float largest) {
        if (!(largest > most)) return;
        most = largest;
        where = block;
        at = first;
      });
  if (!numbers || !std::isfinite(most)) return -1;
  return static_cast<std::int32_t>(at +
                                   static_cast<std::size_t>(std::ranges::find(where, most) - where.begin()));
}

// A heap of the best so far, with the worst of them on top: few blocks have anything that is better than that.
bool select_top(std::span<const float> logits, std::size_t n, std::vector<llama_token_data>& top) {
  top.clear();
  if (n > kMostInHeap) return select_many(logits, n, top);
  float least = kNever;  // what a value has to be above
  const bool numbers =
      for_each_block(logits, [&](std::size_t first, std::span<const float> block, float largest) {
        if (!(largest > least)) return;
        for (std::size_t i = 0; i < block.size(); ++i) {
          if (!(block[i] > least)) continue;
          if (top.size() == n) {
            std::ranges::pop_heap(top, comes_before);
            top.pop_back();
          }
          top.push_back({.id = static_cast<llama_token>(first + i), .logit = block[i], .p = 0.0F});
          std::ranges::push_heap(top, comes_before);
          if (top.size() == n) least = top.front().logit;
        }
      });
  if (!numbers || top.empty()) return false;
  std::ranges::sort_heap(top, comes_before);
  return std::isfinite(top.front().logit);
}

double log_sum_exp(std::span<const float> logits) {
  const float most = logits[static_cast<std::size_t>(argmax(logits))];
  double total = 0.0;
  std::size_t at = 0;
  for (; at + 4 * kLanes <= logits.size(); at += 4 * kLanes) {
    FloatLanes sum{};
    for (std::size_t i = 0; i < 4 * kLanes; i += kLanes)
      sum += exponential(load_lanes(logits.data() + at + i) - most);
    total += static_cast<double>(sum_of(sum));
  }
  for (; at < logits.size(); ++at) total += std::exp(static_cast<double>(logits[at] - most));
  return static_cast<double>(most) + std::log(total);
}

}  // namespace minerva::inference
