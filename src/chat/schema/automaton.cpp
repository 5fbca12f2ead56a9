#include "chat/schema/automaton.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace minerva::chat::schema {
namespace {

// Equal for states that accept the same, when equal targets have equal numbers.
std::string signature_of(const Automaton::State& state) {
  std::string text = state.accepts ? "+" : "-";
  for (const auto& [set, target] : state.edges) {
    fmt::format_to(std::back_inserter(text), "{}", target);
    for (const auto& [first, last] : set.ranges())
      fmt::format_to(std::back_inserter(text), ",{}-{}", static_cast<std::uint32_t>(first),
                     static_cast<std::uint32_t>(last));
    text += ';';
  }
  return text;
}

// From the last states to the first, by recursion as deep as the longest text.
class Merger {
 public:
  explicit Merger(Automaton& automaton)
      : states_{automaton.states}, same_(states_.size()), representatives_(states_.size(), false) {}

  std::size_t representative_of(std::size_t number) {
    if (same_[number]) return *same_[number];
    Automaton::State& state = states_[number];
    std::map<std::size_t, CodePoints> joined;
    for (const Automaton::Edge& edge : state.edges) joined[representative_of(edge.target)].add(edge.set);
    state.edges.clear();
    for (auto& [target, set] : joined) state.edges.push_back({.set = std::move(set), .target = target});
    same_[number] = known_.try_emplace(signature_of(state), number).first->second;
    representatives_[*same_[number]] = true;
    return *same_[number];
  }
  [[nodiscard]] const std::vector<bool>& representatives() const { return representatives_; }

 private:
  std::vector<Automaton::State>& states_;
  std::vector<std::optional<std::size_t>> same_;
  std::map<std::string, std::size_t> known_;
  std::vector<bool> representatives_;
};

}  // namespace

void Automaton::trim() {
  std::vector<std::vector<std::size_t>> sources(states.size());
  std::vector<bool> useful(states.size(), false);
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < states.size(); ++i) {
    for (const Edge& edge : states[i].edges) sources[edge.target].push_back(i);
    if (states[i].accepts) {
      useful[i] = true;
      open.push_back(i);
    }
  }
  while (!open.empty()) {
    const std::size_t state = open.back();
    open.pop_back();
    for (const std::size_t source : sources[state]) {
      if (useful[source]) continue;
      useful[source] = true;
      open.push_back(source);
    }
  }
  if (states.empty() || !useful[0]) {
    states.clear();
    return;
  }
  keep(useful);
}

void Automaton::keep(const std::vector<bool>& wanted) {
  std::vector<std::size_t> renumbered(states.size());
  std::vector<State> kept;
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (!wanted[i]) continue;
    renumbered[i] = kept.size();
    std::erase_if(states[i].edges, [&](const Edge& edge) { return !wanted[edge.target]; });
    kept.push_back(std::move(states[i]));
  }
  for (State& state : kept) {
    for (Edge& edge : state.edges) edge.target = renumbered[edge.target];
  }
  states = std::move(kept);
}

void Automaton::merge() {
  if (states.empty()) return;
  Merger merger(*this);
  const std::size_t first = merger.representative_of(0);
  assert(first == 0 && "the first state can be reached again");
  keep(merger.representatives());
}

bool Automaton::accepts(std::u32string_view text) const {
  if (states.empty()) return false;
  std::size_t state = 0;
  for (const char32_t code_point : text) {
    const auto& edges = states[state].edges;
    const auto edge =
        std::ranges::find_if(edges, [&](const Edge& each) { return each.set.contains(code_point); });
    if (edge == edges.end()) return false;
    state = edge->target;
  }
  return states[state].accepts;
}

}  // namespace minerva::chat::schema
