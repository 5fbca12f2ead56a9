#pragma once
// A deterministic automaton over code points: what texts a string or a number may be.
//
// Threads: values.

#include <cstddef>
#include <string_view>
#include <vector>

#include "chat/schema/code_points.h"

namespace minerva::chat::schema {

class Automaton {
 public:
  struct Edge {
    CodePoints set;  // apart from the other edges' sets
    std::size_t target;
  };
  struct State {
    std::vector<Edge> edges;
    bool accepts = false;
  };

  std::vector<State> states;  // the first is where it begins; none: there is no text

  // Without the states from which nothing can be accepted.
  void trim();
  // Without states that accept the same as others. There must be no cycle.
  void merge();
  [[nodiscard]] bool accepts(std::u32string_view text) const;

 private:
  void keep(const std::vector<bool>& wanted);
};

}  // namespace minerva::chat::schema
