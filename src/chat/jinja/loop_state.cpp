#include "chat/jinja/loop_state.h"

#include <utility>

#include "chat/jinja/dict.h"
#include "chat/jinja/runtime.h"
#include "chat/jinja/unicode.h"

namespace minerva::chat::jinja {

bool is_iterable(const Value& value) {
  switch (value.kind()) {
    case Kind::kUndefined:
    case Kind::kString:
    case Kind::kSequence:
    case Kind::kRange:
    case Kind::kDict:
    case Kind::kLoop: return true;
    default: return false;
  }
}

std::optional<std::size_t> length_of(const Value& value) {
  switch (value.kind()) {
    case Kind::kUndefined: return 0;
    case Kind::kString: return value.string().n_chars;
    case Kind::kSequence:
      if (value.sequence().sequence_kind == SequenceKind::kGenerator) return std::nullopt;
      return value.sequence().items.size();
    case Kind::kRange: return static_cast<std::size_t>(value.as<Range*>()->n);
    case Kind::kDict: return value.dict().size();
    case Kind::kLoop: return value.as<LoopState*>()->length();
    default: return std::nullopt;
  }
}

Cursor::Cursor(Runtime& runtime, const Value& over) : runtime_(&runtime), over_(over) {
  if (!is_iterable(over) && !runtime.failed()) {
    runtime.fail("'" + std::string(type_name(over)) + "' object is not iterable");
  }
}

std::optional<Value> Cursor::next() {
  if (!runtime_->step()) return std::nullopt;
  switch (over_.kind()) {
    case Kind::kString: {
      const String& text = over_.string();
      if (at_ >= text.text.size()) return std::nullopt;
      const std::size_t begin = at_;
      at_ += unicode::width_at(text.bytes(), begin);
      return runtime_->string(text.text.slice(begin, at_));
    }
    case Kind::kSequence: {
      Sequence& sequence = over_.sequence();
      std::size_t& at = sequence.sequence_kind == SequenceKind::kGenerator ? sequence.n_taken : at_;
      if (at >= sequence.items.size()) return std::nullopt;
      return sequence.items[at++];
    }
    case Kind::kRange: {
      const Range& range = *over_.as<Range*>();
      if (std::cmp_greater_equal(at_, range.n)) return std::nullopt;
      return Value(range.at(static_cast<std::int64_t>(at_++)));
    }
    case Kind::kDict: {
      if (at_ >= over_.dict().size()) return std::nullopt;
      return over_.dict().entries()[at_++].key;
    }
    case Kind::kLoop: {
      LoopState& loop = *over_.as<LoopState*>();
      if (!loop.advance()) return std::nullopt;
      Sequence* pair = runtime_->sequence(SequenceKind::kTuple, 2);
      runtime_->append(*pair, loop.current);
      runtime_->append(*pair, over_);
      return Value(pair);
    }
    default: return std::nullopt;
  }
}

LoopState::LoopState(Runtime& runtime, const Value& over, std::function<std::optional<Value>()> source)
    : source_(std::move(source)) {
  if (source_ == nullptr) {
    length_ = length_of(over);
    source_ = [cursor = Cursor(runtime, over)]() mutable { return cursor.next(); };
  }
}

std::optional<Value> LoopState::pull() {
  if (n_pulled_used_ < pulled_.size()) return pulled_[n_pulled_used_++];
  return source_();
}

bool LoopState::advance() {
  std::optional<Value> next = is_peeked_ ? std::exchange(after_, std::nullopt) : pull();
  is_peeked_ = false;
  if (!next) return false;
  ++index0;
  before = std::exchange(current, std::move(*next));
  return true;
}

const std::optional<Value>& LoopState::peek() {
  if (!is_peeked_) {
    after_ = pull();
    is_peeked_ = true;
  }
  return after_;
}

std::size_t LoopState::length() {
  if (!length_) {
    while (std::optional<Value> item = source_()) pulled_.push_back(std::move(*item));
    length_ = pulled_.size() - n_pulled_used_ + static_cast<std::size_t>(index0 + 1) +
              (after_.has_value() ? 1U : 0U);
  }
  return *length_;
}

}  // namespace minerva::chat::jinja
