#include "chat/schema/text_automaton.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace minerva::chat::schema {
namespace {

// Thompson's automaton of one expression; what surrounds a match is part of it.
class Matcher {
 public:
  using States = std::set<std::uint32_t>;

  explicit Matcher(const Regex& regex) {
    const std::uint32_t begin = add();
    states_[begin].set = CodePoints::all();
    states_[begin].target = begin;
    const std::uint32_t first = add();
    states_[begin].silent.push_back({Guard::kNone, first});
    const std::uint32_t last = build(regex, first);
    states_[last].set = CodePoints::all();
    states_[last].target = last;
    final_ = last;
  }

  [[nodiscard]] bool is_too_large() const { return states_.size() > kMostParts; }
  [[nodiscard]] States begin() const { return closure({0}, true, false); }
  [[nodiscard]] bool accepts(const States& states, bool at_begin) const {
    return closure(states, at_begin, true).contains(final_);
  }
  [[nodiscard]] States step(const States& states, char32_t code_point) const {
    States next;
    for (const std::uint32_t state : states) {
      if (states_[state].set.contains(code_point)) next.insert(states_[state].target);
    }
    return closure(std::move(next), false, false);
  }
  // Where the sets of what may come next begin and end.
  void add_boundaries(const States& states, std::set<char32_t>& boundaries) const {
    for (const std::uint32_t state : states) {
      for (const CodePointRange& range : states_[state].set.ranges()) {
        boundaries.insert(range.first);
        boundaries.insert(range.last + 1);
      }
    }
  }

 private:
  enum class Guard : std::uint8_t { kNone, kAtBegin, kAtEnd };
  struct Silent {
    Guard guard;
    std::uint32_t target;
  };
  struct State {
    CodePoints set;
    std::uint32_t target = 0;
    std::vector<Silent> silent;
  };
  static constexpr std::size_t kMostParts = 20'000;

  std::uint32_t add() {
    states_.emplace_back();
    return static_cast<std::uint32_t>(states_.size() - 1);
  }
  std::uint32_t link(std::uint32_t from, Guard guard) {
    const std::uint32_t to = add();
    states_[from].silent.push_back({guard, to});
    return to;
  }

  // From state `from` on; the state where it ends.
  std::uint32_t build(const Regex& regex, std::uint32_t from) {
    if (is_too_large()) return from;
    switch (regex.kind) {
      case Regex::Kind::kBegin: return link(from, Guard::kAtBegin);
      case Regex::Kind::kEnd: return link(from, Guard::kAtEnd);
      case Regex::Kind::kRepeat: return build_repeat(regex, from);
      case Regex::Kind::kChoice: return build_choice(regex, from);
      case Regex::Kind::kSequence:
        for (const Regex& part : regex.parts) from = build(part, from);
        return from;
      case Regex::Kind::kSet: break;
    }
    const std::uint32_t own = link(from, Guard::kNone);
    const std::uint32_t to = add();
    states_[own].set = regex.set;
    states_[own].target = to;
    return to;
  }
  std::uint32_t build_choice(const Regex& regex, std::uint32_t from) {
    std::vector<std::uint32_t> ends;
    for (const Regex& part : regex.parts) ends.push_back(build(part, link(from, Guard::kNone)));
    const std::uint32_t to = add();
    for (const std::uint32_t end : ends) states_[end].silent.push_back({Guard::kNone, to});
    return to;
  }
  std::uint32_t build_repeat(const Regex& regex, std::uint32_t from) {
    for (std::uint32_t i = 0; i < regex.least && !is_too_large(); ++i) from = build(regex.parts[0], from);
    const std::uint32_t to = add();
    if (regex.most == Regex::kUnlimited) {
      const std::uint32_t again = link(from, Guard::kNone);
      states_[build(regex.parts[0], again)].silent.push_back({Guard::kNone, again});
      states_[again].silent.push_back({Guard::kNone, to});
      return to;
    }
    for (std::uint32_t i = regex.least; i < regex.most && !is_too_large(); ++i) {
      states_[from].silent.push_back({Guard::kNone, to});
      from = build(regex.parts[0], link(from, Guard::kNone));
    }
    states_[from].silent.push_back({Guard::kNone, to});
    return to;
  }

  [[nodiscard]] States closure(States states, bool at_begin, bool at_end) const {
    std::vector<std::uint32_t> open(states.begin(), states.end());
    while (!open.empty()) {
      const std::uint32_t state = open.back();
      open.pop_back();
      for (const auto& [guard, target] : states_[state].silent) {
        const bool passes = guard == Guard::kNone || (guard == Guard::kAtBegin ? at_begin : at_end);
        if (passes && states.insert(target).second) open.push_back(target);
      }
    }
    return states;
  }

  std::vector<State> states_;
  std::uint32_t final_ = 0;
};

// Where in each part of the rules a text stands.
struct Place {
  std::vector<Matcher::States> matched;
  std::uint64_t length = 0;       // counted no further than the bounds ask
  std::vector<std::size_t> like;  // the excluded texts that begin so
  std::size_t n_read = 0;         // of them; 0 when there are none
  bool at_begin = false;
  auto operator<=>(const Place&) const = default;
};

class Explorer {
  static constexpr std::size_t kMostWork = 3'000'000;  // states looked at: about a second

 public:
  explicit Explorer(const TextRules& rules) : rules_{rules} {
    for (const Regex& pattern : rules.patterns) matchers_.emplace_back(pattern);
  }

  Result<Automaton> explore() {
    for (const Matcher& matcher : matchers_) {
      if (matcher.is_too_large()) return too_large();
    }
    Place begin;
    begin.at_begin = true;
    for (const Matcher& matcher : matchers_) begin.matched.push_back(matcher.begin());
    for (std::size_t i = 0; i < rules_.excluded.size(); ++i) begin.like.push_back(i);
    state_of(std::move(begin));
    for (std::size_t i = 0; i < places_.size(); ++i) {
      if (places_.size() > kMostStates || work_ > kMostWork) return too_large();
      expand(i);
    }
    automaton_.trim();
    return std::move(automaton_);
  }

 private:
  static std::unexpected<Error> too_large() {
    return fail(ErrorCode::kInvalidRequest,
                fmt::format("it needs more than {} states; ask for less, or for shorter texts", kMostStates));
  }

  std::size_t state_of(Place place) {
    const auto [found, is_new] = numbers_.try_emplace(std::move(place), places_.size());
    if (is_new) {
      places_.push_back(&found->first);
      automaton_.states.push_back({.edges = {}, .accepts = accepts(found->first)});
    }
    return found->second;
  }

  [[nodiscard]] bool accepts(const Place& place) const {
    if (place.length < rules_.least) return false;
    for (const std::size_t i : place.like) {
      if (rules_.excluded[i].size() == place.n_read) return false;
    }
    for (std::size_t i = 0; i < matchers_.size(); ++i) {
      if (!matchers_[i].accepts(place.matched[i], place.at_begin)) return false;
    }
    return true;
  }

  [[nodiscard]] std::optional<Place> step(const Place& place, char32_t code_point) const {
    Place next;
    const bool is_bounded = rules_.most != TextRules::kUnlimited;
    if (is_bounded && place.length >= rules_.most) return std::nullopt;
    next.length = is_bounded ? place.length + 1 : std::min(place.length + 1, rules_.least);
    for (std::size_t i = 0; i < matchers_.size(); ++i) {
      next.matched.push_back(matchers_[i].step(place.matched[i], code_point));
      if (next.matched.back().empty()) return std::nullopt;
    }
    for (const std::size_t i : place.like) {
      const std::u32string& text = rules_.excluded[i];
      if (place.n_read < text.size() && text[place.n_read] == code_point) next.like.push_back(i);
    }
    next.n_read = next.like.empty() ? 0 : place.n_read + 1;
    return next;
  }

  void expand(std::size_t number) {
    const Place& place = *places_[number];
    std::set<char32_t> boundaries{0, kLastCodePoint + 1};
    for (std::size_t i = 0; i < matchers_.size(); ++i)
      matchers_[i].add_boundaries(place.matched[i], boundaries);
    for (const std::size_t i : place.like) {
      if (place.n_read >= rules_.excluded[i].size()) continue;
      boundaries.insert(rules_.excluded[i][place.n_read]);
      boundaries.insert(rules_.excluded[i][place.n_read] + 1);
    }
    for (const auto& states : place.matched) work_ += states.size() * boundaries.size();
    std::map<std::size_t, CodePoints> targets;
    for (auto low = boundaries.begin(), high = std::next(low); high != boundaries.end(); ++low, ++high) {
      auto next = step(place, *low);
      if (next) targets[state_of(std::move(*next))].add(*low, *high - 1);
    }
    for (auto& [target, set] : targets) {
      if (!set.empty()) automaton_.states[number].edges.push_back({.set = std::move(set), .target = target});
    }
  }

  const TextRules& rules_;
  std::vector<Matcher> matchers_;
  std::map<Place, std::size_t> numbers_;
  std::vector<const Place*> places_;
  Automaton automaton_;
  std::size_t work_ = 0;
};

}  // namespace

Result<Automaton> make_text_automaton(const TextRules& rules) { return Explorer{rules}.explore(); }

}  // namespace minerva::chat::schema
