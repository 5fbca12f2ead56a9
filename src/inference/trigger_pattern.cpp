#include "inference/trigger_pattern.h"

#include <limits>
#include <utility>

namespace minerva::inference {
namespace {

using Kind = PatternStep::Kind;

constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();

}  // namespace

TriggerPattern::TriggerPattern(PatternProgram program)
    : program_{std::move(program)}, visited_(program_.steps.size(), 0) {}

std::optional<std::size_t> TriggerPattern::feed(std::string_view text) {
  for (const char byte : text) consume(static_cast<unsigned char>(byte));
  // What holds only at the end holds now; the ways themselves stay as they are, should there be more text.
  (void)reach(Next::kEnd);
  if (!match_) return std::nullopt;
  return start_of_match();
}

// Where all ways lead without a byte. A match ends those that are less preferred than it.
std::vector<TriggerPattern::Thread> TriggerPattern::reach(Next next) {
  ++round_;
  cut_ = false;
  std::vector<Thread> reached;
  for (const Thread& thread : threads_) {
    if (cut_) break;
    auto places = thread.places;
    follow(thread.step, places, next, reached);
  }
  if (!match_ && !cut_) {
    std::vector<std::size_t> places(std::size_t{2} * program_.n_groups, kNowhere);
    follow(0, places, next, reached);
  }
  return reached;
}

void TriggerPattern::consume(unsigned char byte) {
  const bool is_word = is_word_byte(byte);
  auto reached = reach(is_word ? Next::kWordByte : Next::kOtherByte);
  threads_.clear();
  for (Thread& thread : reached) {
    if (!program_.sets[program_.steps[thread.step].x].test(byte)) continue;
    ++thread.step;
    threads_.push_back(std::move(thread));
  }
  after_word_byte_ = is_word;
  ++n_read_;
}

// Depth first, so that what the pattern prefers comes first; no step is visited twice at one place.
void TriggerPattern::follow(std::uint32_t step, std::vector<std::size_t>& places, Next next,
                            std::vector<Thread>& reached) {
  while (!cut_ && std::exchange(visited_[step], round_) != round_) {
    const PatternStep& at = program_.steps[step];
    switch (at.kind) {
      case Kind::kByte: reached.push_back({.step = step, .places = places}); return;
      case Kind::kMatch:
        match_ = places;
        cut_ = true;
        return;
      case Kind::kJump: step = at.x; break;
      case Kind::kSplit:
        follow(at.x, places, next, reached);
        step = at.y;
        break;
      case Kind::kSave: {
        const std::size_t before = std::exchange(places[at.x], n_read_);
        follow(step + 1, places, next, reached);
        places[at.x] = before;
        return;
      }
      default:
        if (!holds(at.kind, next)) return;
        ++step;
    }
  }
}

bool TriggerPattern::holds(Kind assertion, Next next) const {
  const bool at_word = after_word_byte_ != (next == Next::kWordByte);
  switch (assertion) {
    case Kind::kAtBegin: return n_read_ == 0;
    case Kind::kAtEnd: return next == Next::kEnd;
    case Kind::kAtWord: return at_word;
    default: return !at_word;
  }
}

std::size_t TriggerPattern::start_of_match() const {
  const auto& places = *match_;
  for (std::size_t group = 1; group < program_.n_groups; ++group) {
    const std::size_t begin = places[2 * group];
    const std::size_t end = places[2 * group + 1];
    if (begin != kNowhere && end != kNowhere && begin < end) return begin;
  }
  return places[0];
}

}  // namespace minerva::inference
