#include "chat/jinja/runtime.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace minerva::chat::jinja {
namespace {

std::uintptr_t stack_position() { return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)); }

std::string mebibytes(std::size_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

}  // namespace

Runtime::Runtime(const Limits& limits) : limits_(limits), stack_base_(stack_position()) {}

Value Runtime::raise(std::string message) {
  if (!failed_) {
    failed_ = true;
    error_ = Error{.code = ErrorCode::kTemplateFailed, .message = std::move(message), .field = {}};
  }
  return {};
}

Value Runtime::fail(std::string message) {
  if (line_ > 0) message += " (chat template, line " + std::to_string(line_) + ")";
  return raise(std::move(message));
}

Value Runtime::fail_undefined(const Value& undefined) {
  return fail(undefined.is_undefined() ? undefined.as<Undefined>().message->bytes() : "a value is missing");
}

bool Runtime::over_steps() {
  if (!failed_)
    fail("The chat template takes more than " + std::to_string(limits_.max_steps) + " steps to render");
  return false;
}

bool Runtime::check_memory() {
  if (object_bytes_ + meter_.live_bytes <= limits_.max_memory_bytes) return true;
  fail("The chat template takes more than " + mebibytes(limits_.max_memory_bytes) + " of memory to render");
  return false;
}

bool Runtime::charge_memory(std::size_t bytes) {
  object_bytes_ += bytes;
  return check_memory();
}

bool Runtime::check_string_size(std::size_t bytes) {
  if (failed_) return false;
  if (bytes <= limits_.max_output_bytes) return true;
  fail("The chat template makes a text of more than " + mebibytes(limits_.max_output_bytes));
  return false;
}

bool Runtime::stack_is_left() {
  if (failed_) return false;
  const std::uintptr_t here = stack_position();
  const std::uintptr_t used = here < stack_base_ ? stack_base_ - here : here - stack_base_;
  if (used <= limits_.max_native_stack_bytes) return true;
  fail("The chat template nests too deeply");
  return false;
}

Value Runtime::string(Text text, bool is_markup) {
  if (!check_string_size(text.memory_bytes()) || !charge_bytes(text.memory_bytes())) return {};
  auto made = std::make_shared<String>(std::move(text), &meter_);
  made->is_markup = is_markup;
  if (!check_memory()) return {};
  return StringPtr(std::move(made));
}

Value Runtime::undefined(std::string message) {
  return Undefined{std::make_shared<String>(Text(std::move(message), Origin::kMessage), &meter_)};
}

Sequence* Runtime::sequence(SequenceKind kind, std::size_t n_expected) {
  auto* made = make<Sequence>(kind);
  made->items.reserve(std::min<std::size_t>(n_expected, 4096));
  return made;
}

Dict* Runtime::dict() { return make<Dict>(); }

bool Runtime::check_steps_left(std::uint64_t n) {
  return n <= limits_.max_steps && n_steps_ + n <= limits_.max_steps ? !failed_ : over_steps();
}

bool Runtime::check_hashable(const Value& key) {
  if (!check_steps_left(weight_of(key)) || !step(weight_of(key))) return false;
  if (is_hashable(key)) return true;
  fail("unhashable type: '" + std::string(type_name(key)) + "'");
  return false;
}

bool Runtime::account(Object& holder, const Value& held) {
  holder.nesting = std::max(holder.nesting, 1 + nesting_of(held));
  if (__builtin_add_overflow(holder.weight, weight_of(held), &holder.weight)) {
    holder.weight = std::numeric_limits<std::uint64_t>::max();
  }
  if (holder.nesting <= limits_.max_depth) return true;
  fail("A value nests deeper than " + std::to_string(limits_.max_depth) + " levels");
  return false;
}

bool Runtime::append(Sequence& to, Value item) {
  if (!step() || !charge_memory(sizeof(Value)) || !account(to, item)) return false;
  to.items.push_back(std::move(item));
  return true;
}

bool Runtime::set(Dict& to, Value key, Value value) {
  if (!check_hashable(key) || !account(to, key) || !account(to, value)) return false;
  const std::size_t n_before = to.size();
  to.set(std::move(key), std::move(value));
  return to.size() == n_before || charge_memory(sizeof(Dict::Entry));
}

}  // namespace minerva::chat::jinja
