#include "inference/pattern_program.h"

#include <fmt/format.h>

#include <utility>

namespace minerva::inference {
namespace {

using Kind = PatternStep::Kind;
using Node = PatternNode;

Kind kind_of(Node::Assertion assertion) {
  switch (assertion) {
    case Node::Assertion::kAtBegin: return Kind::kAtBegin;
    case Node::Assertion::kAtEnd: return Kind::kAtEnd;
    case Node::Assertion::kAtWord: return Kind::kAtWord;
    case Node::Assertion::kNotAtWord: return Kind::kNotAtWord;
  }
  std::unreachable();
}

class Emitter {
 public:
  explicit Emitter(PatternProgram& program) : program_{program} {}

  // Whether there were more steps than there may be; then the program means nothing.
  [[nodiscard]] bool overflowed() const { return overflowed_; }

  void emit(const Node& node) {
    if (overflowed_) return;
    switch (node.type) {
      case Node::Type::kSet:
        program_.sets.push_back(node.set);
        step(Kind::kByte, static_cast<std::uint32_t>(program_.sets.size() - 1));
        break;
      case Node::Type::kAssertion: step(kind_of(node.assertion)); break;
      case Node::Type::kSequence:
        for (const Node& part : node.parts) emit(part);
        break;
      case Node::Type::kChoice: emit_choice(node.parts); break;
      case Node::Type::kGroup: emit_group(node); break;
      case Node::Type::kRepeat: emit_repeat(node); break;
    }
  }

  std::uint32_t step(Kind kind, std::uint32_t x = 0, std::uint32_t y = 0) {
    overflowed_ = overflowed_ || program_.steps.size() >= PatternProgram::kMostSteps;
    if (overflowed_) return 0;
    program_.steps.push_back({.kind = kind, .x = x, .y = y});
    return static_cast<std::uint32_t>(program_.steps.size() - 1);
  }

 private:
  [[nodiscard]] std::uint32_t here() const { return static_cast<std::uint32_t>(program_.steps.size()); }

  void emit_choice(const std::vector<Node>& parts) {
    std::vector<std::uint32_t> jumps;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const auto split = step(Kind::kSplit, here() + 1);
      emit(parts[i]);
      jumps.push_back(step(Kind::kJump));
      program_.steps[split].y = here();
    }
    emit(parts.back());
    for (const auto jump : jumps) program_.steps[jump].x = here();
  }

  void emit_group(const Node& node) {
    if (node.group > 0) step(Kind::kSave, 2 * node.group);
    emit(node.parts.front());
    if (node.group > 0) step(Kind::kSave, 2 * node.group + 1);
  }

  void emit_repeat(const Node& node) {
    const Node& part = node.parts.front();
    for (std::uint32_t i = 0; i < node.least; ++i) {
      const auto before = here();
      emit(part);
      if (here() == before) break;  // nothing is nothing, however often
    }
    if (node.most == Node::kUnlimited) {
      const auto split = step(Kind::kSplit);
      emit(part);
      step(Kind::kJump, split);
      branch(split, node.lazy);
      return;
    }
    std::vector<std::uint32_t> splits;
    for (std::uint32_t i = node.least; i < node.most && !overflowed_; ++i) {
      splits.push_back(step(Kind::kSplit));
      emit(part);
    }
    for (const auto split : splits) branch(split, node.lazy);
  }

  // To the step after the split, or past here; the lazy ones past here first.
  void branch(std::uint32_t split, bool lazy) {
    program_.steps[split].x = lazy ? here() : split + 1;
    program_.steps[split].y = lazy ? split + 1 : here();
  }

  PatternProgram& program_;
  bool overflowed_ = false;
};

}  // namespace

Result<PatternProgram> compile_pattern(std::string_view pattern) {
  const auto tree = parse_pattern(pattern);
  if (!tree) return std::unexpected(tree.error());
  PatternProgram program;
  program.n_groups = tree->n_groups;
  Emitter emitter{program};
  emitter.step(Kind::kSave, 0);
  emitter.emit(tree->root);
  emitter.step(Kind::kSave, 1);
  emitter.step(Kind::kMatch);
  if (!emitter.overflowed()) return program;
  return fail(ErrorCode::kInvalidRequest,
              fmt::format("this regular expression cannot be used: it has more than {} steps",
                          PatternProgram::kMostSteps));
}

PatternProgram literal_pattern(std::string_view text) {
  PatternProgram program;
  const auto add = [&](Kind kind, std::uint32_t x) {
    program.steps.push_back({.kind = kind, .x = x, .y = 0});
  };
  add(Kind::kSave, 0);
  for (const char byte : text) {
    program.sets.push_back(ByteSet{}.set(static_cast<unsigned char>(byte)));
    add(Kind::kByte, static_cast<std::uint32_t>(program.sets.size() - 1));
  }
  add(Kind::kSave, 1);
  add(Kind::kMatch, 0);
  return program;
}

}  // namespace minerva::inference
