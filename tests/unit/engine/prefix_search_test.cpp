// The search for the longest beginning that is there already, against one that looks at everything: of the store in host
// memory, and of a whole engine.

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <memory>
#include <utility>
#include <vector>

#include "engine/prefix_store.h"
#include "engine_fixture.h"
#include "prefix_texts.h"

namespace minerva::engine {
namespace {

// A shorter prefix is not worth a copy (slot_table.cpp), nor to be waited for (engine.cpp).
constexpr std::uint32_t kLeastCopied = 16;

// --- the store in host memory

class NaiveStore {
 public:
  NaiveStore(std::size_t max_bytes, bool cuts) : max_bytes_{max_bytes}, cuts_{cuts} {}

  bool wants(const Text& text, std::size_t n_bytes) const {
    if (n_bytes + text.tokens.size() * sizeof(Token) > max_bytes_) return false;
    return std::ranges::none_of(
        entries_, [&](const auto& entry) { return usable(entry.first, text) == text.tokens.size(); });
  }
  void put(const Text& text, std::size_t n_bytes) {
    std::erase_if(entries_,
                  [&](const auto& entry) { return usable(text, entry.first) == entry.first.tokens.size(); });
    entries_.emplace_front(text, n_bytes + text.tokens.size() * sizeof(Token));
    while (n_bytes_held() > max_bytes_) entries_.pop_back();
  }
  // The longest; the one used last, of several.
  std::uint32_t find(const Text& prompt) {
    const auto best = std::ranges::max_element(
        entries_, std::less{}, [&](const auto& entry) { return usable(entry.first, prompt); });
    const std::uint32_t n = best == entries_.end() ? 0 : usable(best->first, prompt);
    if (n == 0) return 0;
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
  // What the prompt could take over from this one: a part only where states can be cut.
  std::uint32_t usable(const Text& entry, const Text& prompt) const {
    const std::uint32_t n = naive_prefix(entry, prompt);
    return cuts_ || n == entry.tokens.size() ? n : 0;
  }

  std::size_t max_bytes_;
  bool cuts_;
  std::list<std::pair<Text, std::size_t>> entries_;
};

TEST(PrefixSearch, FindsInTheStoreWhatLookingAtAllOfItFinds) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Texts texts{seed};
    const bool cuts = seed % 2 == 0;
    PrefixStore store{20'000, cuts};
    NaiveStore naive{20'000, cuts};
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
      wire::GenerationSpec spec;
      spec.id = id;
      spec.max_tokens = 1 + texts.below(20);
      spec.tenant = prompt.space;
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
