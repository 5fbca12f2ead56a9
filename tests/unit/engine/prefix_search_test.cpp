// The search for the longest beginning that is there already, against one that looks at everything: of slots, of the store in
// host memory, and of a whole engine. Seeded; tokens are of few kinds, so that beginnings are shared by chance, and of two
// tenants, who share nothing.

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <memory>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "engine/prefix_store.h"
#include "engine/slot_table.h"
#include "engine_fixture.h"

namespace minerva::engine {
namespace {

using Tokens = std::vector<Token>;

// A shorter prefix is not worth a copy (slot_table.cpp), nor to be waited for (engine.cpp).
constexpr std::uint32_t kLeastCopied = 16;

struct Text {
  Tokens tokens;
  std::uint32_t space = 0;

  [[nodiscard]] TokenPrefix prefix() const { return {.tokens = tokens, .space = space}; }
  [[nodiscard]] Text reusable() const { return {.tokens = {tokens.begin(), tokens.end() - 1}, .space = space}; }
};

std::uint32_t naive_prefix(const Text& a, const Text& b) {
  std::uint32_t n = 0;
  while (a.space == b.space && n < a.tokens.size() && n < b.tokens.size() && a.tokens[n] == b.tokens[n]) ++n;
  return n;
}

// Grows, cuts or replaces one of the texts so far: most begin as another does, at lengths from one to hundreds.
class Texts {
 public:
  explicit Texts(std::uint32_t seed) : random_{seed} {}

  Text next() {
    Text text = texts_.empty() || below(6) == 0 ? Text{.tokens = {}, .space = below(2)}
                                                : texts_[below(static_cast<std::uint32_t>(texts_.size()))];
    auto& tokens = text.tokens;
    if (!tokens.empty()) tokens.resize(1 + below(static_cast<std::uint32_t>(tokens.size())));
    const std::uint32_t n_more = 1 + below(below(3) == 0 ? 120 : 12);
    for (std::uint32_t i = 0; i < n_more; ++i) tokens.push_back('a' + static_cast<Token>(below(3)));
    if (tokens.size() > 400) tokens.resize(400);
    if (below(10) == 0) text.space = 1 - text.space;
    if (texts_.size() < kKept) {
      texts_.push_back(text);
    } else {
      texts_[below(kKept)] = text;
    }
    return text;
  }
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }

 private:
  static constexpr std::uint32_t kKept = 30;

  std::mt19937 random_;
  std::vector<Text> texts_;
};

// --- slots

struct NaiveSlot {
  Text text;
  std::vector<std::uint64_t> cells;  // each cell that was ever used has a number of its own
  bool busy = false;
  std::uint64_t last_used = 0;
};

class SlotModel {
 public:
  SlotModel(std::uint32_t n_slots, bool shares_cells)
      : table{n_slots, shares_cells}, slots(n_slots), shares_cells_{shares_cells} {}

  void check_placement(const Text& prompt) const {
    const auto placement = table.place(prompt.prefix());
    const auto is_free = [](const NaiveSlot& slot) { return !slot.busy; };
    ASSERT_EQ(placement.has_value(), std::ranges::any_of(slots, is_free));
    if (!placement) return;
    const Text reusable = prompt.reusable();
    std::uint32_t longest = 0;
    for (const NaiveSlot& slot : slots) longest = std::max(longest, naive_prefix(slot.text, reusable));
    const NaiveSlot& target = at(placement->slot);
    ASSERT_FALSE(target.busy);
    ASSERT_GT(placement->n_reused + kLeastCopied, longest) << "a longer prefix was there";
    const NaiveSlot& source = placement->copy_from ? at(*placement->copy_from) : target;
    ASSERT_EQ(placement->n_reused, naive_prefix(source.text, reusable))
        << "exactly what source and prompt share";
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
      if (shares_cells_) target.cells.assign(at(*source).cells.begin(), at(*source).cells.begin() + n_reused);
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

  bool shares_cells_;
  std::uint64_t n_uses_ = 0;
  std::uint64_t n_cells_ = 0;
};

TEST(PrefixSearch, FindsInTheSlotsWhatLookingAtAllOfThemFinds) {
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Texts texts{seed};
    SlotModel model{1 + texts.below(9), seed % 2 == 0};
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

// --- the store in host memory

class NaiveStore {
 public:
  explicit NaiveStore(std::size_t max_bytes) : max_bytes_{max_bytes} {}

  bool wants(const Text& text, std::size_t n_bytes) const {
    if (n_bytes + text.tokens.size() * sizeof(Token) > max_bytes_) return false;
    return std::ranges::none_of(
        entries_, [&](const auto& entry) { return naive_prefix(entry.first, text) == text.tokens.size(); });
  }
  void put(const Text& text, std::size_t n_bytes) {
    std::erase_if(entries_, [&](const auto& entry) {
      return naive_prefix(entry.first, text) == entry.first.tokens.size();
    });
    entries_.emplace_front(text, n_bytes + text.tokens.size() * sizeof(Token));
    while (n_bytes_held() > max_bytes_) entries_.pop_back();
  }
  // The longest; the one used last, of several.
  std::uint32_t find(const Text& prompt) {
    const auto best = std::ranges::max_element(
        entries_, std::less{}, [&](const auto& entry) { return naive_prefix(entry.first, prompt); });
    if (best == entries_.end() || naive_prefix(best->first, prompt) == 0) return 0;
    const std::uint32_t n = naive_prefix(best->first, prompt);
    entries_.splice(entries_.begin(), entries_, best);
    return n;
  }
  std::size_t n_bytes_held() const {
    std::size_t n = 0;
    for (const auto& entry : entries_) n += entry.second;
    return n;
  }
  std::size_t n_entries() const { return entries_.size(); }

 private:
  std::size_t max_bytes_;
  std::list<std::pair<Text, std::size_t>> entries_;
};

TEST(PrefixSearch, FindsInTheStoreWhatLookingAtAllOfItFinds) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Texts texts{seed};
    PrefixStore store{20'000};
    NaiveStore naive{20'000};
    for (int round = 0; round < 1000; ++round) {
      const Text text = texts.next();
      ASSERT_EQ(store.n_found(text.prefix()), [&] {
        auto copy = naive;
        return copy.find(text);
      }());
      if (texts.below(2) == 0) {
        const auto match = store.find(text.prefix());
        ASSERT_EQ(match ? match->n_shared : 0, naive.find(text));
        if (match) {
          ASSERT_EQ(match->n_shared, n_shared(match->entry->prefix(), text.prefix()));
        }
      } else {
        const std::size_t n_bytes = texts.below(4000);
        ASSERT_EQ(store.wants(text.prefix(), n_bytes), naive.wants(text, n_bytes));
        if (store.wants(text.prefix(), n_bytes)) {
          store.put(std::make_shared<const StoredPrefix>(StoredPrefix{
              .tokens = text.tokens, .space = text.space, .state = inference::SlotState(n_bytes)}));
          naive.put(text, n_bytes);
        }
      }
      ASSERT_EQ(store.n_bytes(), naive.n_bytes_held());
      ASSERT_EQ(store.n_entries(), naive.n_entries());
    }
  }
}

// --- the engine

// With a slot for each, whatever any earlier request of the same tenant has as its beginning is not computed again, whether
// that one has ended, runs, or is in its prompt; and nothing is taken over from the other tenant.
TEST(PrefixSearch, NoPrefixIsComputedTwiceByTheEngine) {
  std::uint64_t n_cached = 0;
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Texts texts{seed};
    constexpr std::uint64_t kRequests = 24;
    EngineFixture t{
        {.n_parallel = kRequests, .n_ctx_sequence = 512, .n_batch = 32, .next = support::scrambled}};
    std::vector<Text> prompts;
    for (std::uint64_t id = 0; id < kRequests; ++id) {
      const Text& prompt = prompts.emplace_back(texts.next());
      wire::GenerationSpec spec{.id = id, .max_tokens = 1 + texts.below(20), .tenant = prompt.space};
      spec.prompt.text = {prompt.tokens.begin(), prompt.tokens.end()};
      t.submit(std::move(spec));
      for (auto n = texts.below(4); n > 0; --n) t.step();
    }
    t.run();
    for (std::uint64_t id = 0; id < kRequests; ++id) {
      std::uint32_t before = 0;
      std::uint32_t ever = 0;
      for (std::uint64_t other = 0; other < kRequests; ++other) {
        const std::uint32_t n = other == id ? 0 : naive_prefix(prompts[other], prompts[id].reusable());
        ever = std::max(ever, n);
        if (other < id) before = std::max(before, n);
      }
      ASSERT_TRUE(t.records[id].finished) << id;
      const std::uint32_t n = t.records[id].finished->stats.n_cached;
      // The engine may leave out a few tokens twice: those not worth waiting for, and those not worth a copy.
      ASSERT_GT(n + 2 * kLeastCopied, before) << id;
      ASSERT_LE(n, ever) << id;
      n_cached += n;
    }
  }
  EXPECT_GT(n_cached, 10'000U);  // and there was much to find
}

}  // namespace
}  // namespace minerva::engine
