#include "chat/schema/automaton.h"

#include <algorithm>
#include <utility>

namespace minerva::chat::schema {

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
  std::vector<std::size_t> renumbered(states.size());
  std::vector<State> kept;
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (!useful[i]) continue;
    renumbered[i] = kept.size();
    std::erase_if(states[i].edges, [&](const Edge& edge) { return !useful[edge.target]; });
    kept.push_back(std::move(states[i]));
  }
  for (State& state : kept) {
    for (Edge& edge : state.edges) edge.target = renumbered[edge.target];
  }
  states = std::move(kept);
}

bool Automaton::accepts(std::u32string_view text) const {
  if (states.empty()) return false;
  std::size_t state = 0;
  for (const char32_t code_point : text) {
    const auto& edges = states[state].edges;
    const auto edge = std::ranges::find_if(edges, [&](const Edge& each) { return each.set.contains(code_point); });
    if (edge == edges.end()) return false;
    state = edge->target;
  }
  return states[state].accepts;
}

}  // namespace minerva::chat::schema
