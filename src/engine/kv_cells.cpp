#include "engine/kv_cells.h"

#include <cassert>

namespace minerva::engine {

void KvCells::append(Row& row, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(n_holders_.size()));
      n_holders_.push_back(0);
    }
    row.push_back(free_.back());
    free_.pop_back();
    n_holders_[row.back()] = 1;
  }
  n_used_ += static_cast<std::uint32_t>(n);
}

void KvCells::share(const Row& source, Row& row, std::size_t n) {
  assert(n <= source.size() && "only what is there can be shared");
  for (std::size_t i = 0; i < n; ++i) {
    row.push_back(source[i]);
    ++n_holders_[source[i]];
  }
}

void KvCells::cut(Row& row, std::size_t n) {
  for (; row.size() > n; row.pop_back()) {
    if (--n_holders_[row.back()] > 0) continue;
    free_.push_back(row.back());
    --n_used_;
  }
}

}  // namespace minerva::engine
