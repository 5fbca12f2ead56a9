#include "chat/jinja/value.h"

#include <algorithm>
#include <utility>

#include "chat/jinja/callable.h"
#include "chat/jinja/dict.h"
#include "chat/jinja/loop_state.h"
#include "chat/jinja/unicode.h"

namespace minerva::chat::jinja {

String::String(Text t, MemoryMeter* m) : text(std::move(t)), n_chars(unicode::count(text.bytes())), meter(m) {
  if (meter != nullptr) meter->live_bytes += text.memory_bytes() + sizeof(String);
}

String::~String() {
  if (meter != nullptr) meter->live_bytes -= text.memory_bytes() + sizeof(String);
}

bool is_true(const Value& value) {
  switch (value.kind()) {
    case Kind::kMissing:
    case Kind::kUndefined:
    case Kind::kNone: return false;
    case Kind::kBool: return value.as<bool>();
    case Kind::kInt: return value.as<std::int64_t>() != 0;
    case Kind::kFloat: return value.as<double>() != 0.0;
    case Kind::kString: return !value.string().text.empty();
    case Kind::kSequence:
      return value.sequence().sequence_kind == SequenceKind::kGenerator || !value.sequence().items.empty();
    case Kind::kRange: return value.as<Range*>()->n > 0;
    case Kind::kDict: return value.dict().size() > 0;
    case Kind::kLoop: return value.as<LoopState*>()->length() > 0;
    case Kind::kNamespace:
    case Kind::kCallable:
    case Kind::kCycler:
    case Kind::kJoiner: return true;
  }
  std::unreachable();
}

std::string_view type_name(const Value& value) {
  switch (value.kind()) {
    case Kind::kMissing:
    case Kind::kUndefined: return "Undefined";
    case Kind::kNone: return "NoneType";
    case Kind::kBool: return "bool";
    case Kind::kInt: return "int";
    case Kind::kFloat: return "float";
    case Kind::kString: return value.string().is_markup ? "Markup" : "str";
    case Kind::kSequence:
      switch (value.sequence().sequence_kind) {
        case SequenceKind::kList: return "list";
        case SequenceKind::kTuple: return "tuple";
        case SequenceKind::kGenerator: return "generator";
        case SequenceKind::kKeysView: return "dict_keys";
        case SequenceKind::kValuesView: return "dict_values";
        case SequenceKind::kItemsView: return "dict_items";
      }
      std::unreachable();
    case Kind::kRange: return "range";
    case Kind::kDict: return "dict";
    case Kind::kNamespace: return "Namespace";
    case Kind::kCallable:
      return value.as<Callable*>()->macro != nullptr ? "Macro" : "builtin_function_or_method";
    case Kind::kLoop: return "LoopContext";
    case Kind::kCycler: return "Cycler";
    case Kind::kJoiner: return "Joiner";
  }
  std::unreachable();
}

bool is_list(const Value& value) {
  return value.is(Kind::kSequence) && value.sequence().sequence_kind == SequenceKind::kList;
}

bool is_tuple(const Value& value) {
  return value.is(Kind::kSequence) && value.sequence().sequence_kind == SequenceKind::kTuple;
}

std::uint32_t nesting_of(const Value& value) {
  if (value.is(Kind::kSequence)) return value.sequence().nesting;
  return value.is_dict() ? value.dict().nesting : 0;
}

std::uint64_t weight_of(const Value& value) {
  switch (value.kind()) {
    case Kind::kSequence: return value.sequence().weight;
    case Kind::kDict: return value.dict().weight;
    case Kind::kString: return 1 + value.bytes().size() / 64;
    default: return 1;
  }
}

StringPtr make_constant(std::string bytes) {
  return std::make_shared<const String>(Text(std::move(bytes), Origin::kTemplate), nullptr);
}

}  // namespace minerva::chat::jinja
