#pragma once
// Which of the cells of the KV memory the slots hold. In a unified layout a copied prefix is the same cells once more; in
// streams it is cells of the slot's own. Pure bookkeeping; a value of one owner.

#include <cstdint>
#include <vector>

namespace minerva::engine {

class KvCells {
 public:
  using Row = std::vector<std::uint32_t>;  // of one slot, a cell a token

  // n more tokens at the end of the row.
  void append(Row& row, std::size_t n);
  // The first n cells of `source` at the end of `row` too.
  void share(const Row& source, Row& row, std::size_t n);
  // Only the first n stay.
  void cut(Row& row, std::size_t n);

  [[nodiscard]] std::uint32_t n_used() const { return n_used_; }

 private:
  std::vector<std::uint32_t> n_holders_;  // of each cell
  std::vector<std::uint32_t> free_;
  std::uint32_t n_used_ = 0;
};

}  // namespace minerva::engine
