// Where SlotTable puts a prompt and what it counts, against a table that looks at everything.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "engine/slot_table.h"
#include "prefix_texts.h"

namespace minerva::engine {
namespace {

// A shorter prefix is not worth a copy (slot_table.cpp).
constexpr std::uint32_t kLeastCopied = 16;

struct NaiveSlot {
  Text text;
  std::vector<std::uint64_t> cells;  // each cell that was ever used has a number of its own
  bool busy = false;
  std::uint64_t last_used = 0;
};

class SlotModel {
 public:
  SlotModel(std::uint32_t n_slots, SlotTable::Memory memory)
      : table{n_slots, memory}, slots(n_slots), memory_{memory} {}

  void check_placement(const Text& prompt) const {
    const auto placement = table.place(prompt.prefix());
    const auto is_free = [](const NaiveSlot& slot) { return !slot.busy; };
    ASSERT_EQ(placement.has_value(), std::ranges::any_of(slots, is_free));
    if (!placement) return;
    const Text reusable = prompt.reusable();
    std::uint32_t longest = 0;
    for (const NaiveSlot& slot : slots) longest = std::max(longest, usable(slot, reusable));
    const NaiveSlot& target = at(placement->slot);
    ASSERT_FALSE(target.busy);
    ASSERT_GT(placement->n_reused + kLeastCopied, longest) << "a longer prefix was there";
    const NaiveSlot& source = placement->copy_from ? at(*placement->copy_from) : target;
    ASSERT_EQ(placement->n_reused, usable(source, reusable)) << "exactly what source and prompt share";
    if (!placement->copy_from) return;
    ASSERT_NE(*placement->copy_from, placement->slot);
    // What is emptied for a copy is an empty slot, if there is one, and else the one used longest ago.
    for (const NaiveSlot& other : slots) {
      if (other.busy || &other == &source) continue;
      ASSERT_TRUE(target.text.tokens.empty() || !other.text.tokens.empty());
      if (!target.text.tokens.empty()) {
        ASSERT_LE(target.last_used, other.last_used);
      }
    }
  }

  // What the engine does with a placement; the rest of the prompt is computed.
  void start(const Text& prompt) {
    const auto placement = table.place(prompt.prefix());
    if (!placement) return;
    const auto& [slot, n_reused, source] = *placement;
    NaiveSlot& target = at(slot);
    table.cut(slot, source ? 0 : n_reused);
    target.cells.resize(source ? 0 : n_reused);
    if (source) {
      table.copy(*source, slot, n_reused);
      if (memory_.shares_cells)
        target.cells.assign(at(*source).cells.begin(), at(*source).cells.begin() + n_reused);
    }
    table.take(slot, prompt.space);
    table.append(slot, std::span{prompt.tokens}.subspan(n_reused));
    while (target.cells.size() < prompt.tokens.size()) target.cells.push_back(++n_cells_);
    target.text = prompt;
    target.busy = true;
  }

  void release(std::uint32_t index) {
    if (!slots[index].busy) return;
    table.release(SlotId{static_cast<std::int32_t>(index)});
    slots[index].busy = false;
    slots[index].last_used = ++n_uses_;
  }

  void cut(std::uint32_t index, std::uint32_t n_kept) {
    table.cut(SlotId{static_cast<std::int32_t>(index)}, n_kept);
    slots[index].text.tokens.resize(n_kept);
    slots[index].cells.resize(n_kept);
  }

  void check_state() const {
    std::set<std::uint64_t> cells;
    std::set<std::uint64_t> cells_busy;
    const NaiveSlot* oldest = nullptr;
    for (std::size_t i = 0; i < slots.size(); ++i) {
      const SlotId id{static_cast<std::int32_t>(i)};
      const NaiveSlot& slot = slots[i];
      cells.insert(slot.cells.begin(), slot.cells.end());
      if (slot.busy) cells_busy.insert(slot.cells.begin(), slot.cells.end());
      ASSERT_TRUE(std::ranges::equal(table.tokens(id), slot.text.tokens));
      const bool elsewhere = std::ranges::any_of(slots, [&](const NaiveSlot& other) {
        return &other != &slot && naive_prefix(other.text, slot.text) == slot.text.tokens.size();
      });
      ASSERT_EQ(table.elsewhere(id), elsewhere);
      if (slot.busy || slot.text.tokens.empty()) continue;
      if (oldest == nullptr || slot.last_used < oldest->last_used) oldest = &slot;
    }
    ASSERT_EQ(table.cells_used(), cells.size());
    ASSERT_EQ(table.cells_busy(), cells_busy.size());
    ASSERT_EQ(table.n_free(), static_cast<std::uint32_t>(std::ranges::count(slots, false, &NaiveSlot::busy)));
    ASSERT_EQ(table.oldest_cached().has_value(), oldest != nullptr);
    if (oldest != nullptr) {
      ASSERT_EQ(&at(*table.oldest_cached()), oldest);
    }
  }

  SlotTable table;
  std::vector<NaiveSlot> slots;

 private:
  [[nodiscard]] const NaiveSlot& at(SlotId id) const { return slots[static_cast<std::size_t>(id.value)]; }
  [[nodiscard]] NaiveSlot& at(SlotId id) { return slots[static_cast<std::size_t>(id.value)]; }

  // What the prompt could take over: a part of it only where the memory can be cut.
  [[nodiscard]] std::uint32_t usable(const NaiveSlot& slot, const Text& prompt) const {
    const std::uint32_t n = naive_prefix(slot.text, prompt);
    return memory_.cuts || n == slot.text.tokens.size() ? n : 0;
  }

  SlotTable::Memory memory_;
  std::uint64_t n_uses_ = 0;
  std::uint64_t n_cells_ = 0;
};

TEST(SlotSearch, FindsInTheSlotsWhatLookingAtAllOfThemFinds) {
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Texts texts{seed};
    SlotModel model{1 + texts.below(9), {.shares_cells = seed % 2 == 0, .cuts = seed % 4 < 2}};
    const auto n_slots = static_cast<std::uint32_t>(model.slots.size());
    for (int round = 0; round < 500; ++round) {
      const Text prompt = texts.next();
      ASSERT_NO_FATAL_FAILURE(model.check_placement(prompt));
      if (texts.below(3) > 0) model.start(prompt);
      if (texts.below(3) > 0) model.release(texts.below(n_slots));
      const std::uint32_t cut = texts.below(n_slots);
      const auto n = static_cast<std::uint32_t>(model.slots[cut].text.tokens.size());
      if (n > 0 && texts.below(10) == 0) model.cut(cut, texts.below(n));
      ASSERT_NO_FATAL_FAILURE(model.check_state());
    }
  }
}

}  // namespace
}  // namespace minerva::engine
