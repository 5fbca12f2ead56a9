#include "chat/jinja/globals.h"

#include <array>
#include <ctime>
#include <utility>

#include "chat/jinja/access.h"
#include "chat/jinja/loop_state.h"
#include "chat/jinja/methods.h"
#include "chat/jinja/python_repr.h"

namespace minerva::chat::jinja {
namespace {

constexpr std::uint64_t kMaxRange = 100'000;  // jinja2's sandbox has the same

Value make_range(Runtime& runtime, const Value& /*self*/, const Arguments& arguments) {
  const Bound bound(runtime, "range", arguments, {"/start", "/stop", "/step"}, 1);
  if (!bound) return {};
  const std::int64_t first = bound.integer(0, 0);
  const std::int64_t start = bound.has(1) ? first : 0;
  const std::int64_t stop = bound.has(1) ? bound.integer(1, 0) : first;
  const std::int64_t step = bound.integer(2, 1);
  if (runtime.failed()) return {};
  if (step == 0) return runtime.fail("range() arg 3 must not be zero");
  const bool is_empty = step > 0 ? stop <= start : stop >= start;
  const auto distance = step > 0 ? static_cast<std::uint64_t>(stop) - static_cast<std::uint64_t>(start)
                                 : static_cast<std::uint64_t>(start) - static_cast<std::uint64_t>(stop);
  const std::uint64_t stride =
      step > 0 ? static_cast<std::uint64_t>(step) : 0 - static_cast<std::uint64_t>(step);
  const std::uint64_t n = is_empty ? 0 : (distance - 1) / stride + 1;
  if (n > kMaxRange) {
    return runtime.fail("Range too big. The sandbox blocks ranges larger than MAX_RANGE (" +
                        std::to_string(kMaxRange) + ").");
  }
  return runtime.make<Range>(start, stop, step, static_cast<std::int64_t>(n));
}

// dict(mapping or pairs, **named)
Dict* make_fields(Runtime& runtime, std::string_view function, const Arguments& arguments) {
  if (arguments.positional.size() > 1) {
    runtime.fail(std::string(function) + " expected at most 1 argument, got " +
                 std::to_string(arguments.positional.size()));
    return nullptr;
  }
  Dict* dict = runtime.dict();
  if (!arguments.positional.empty() && arguments.positional[0].is_dict()) {
    for (const Dict::Entry& entry : arguments.positional[0].dict().entries()) {
      if (!runtime.set(*dict, entry.key, entry.value)) return nullptr;
    }
  } else if (!arguments.positional.empty()) {
    Cursor pairs(runtime, arguments.positional[0]);
    while (std::optional<Value> pair = pairs.next()) {
      Cursor cursor(runtime, *pair);
      std::optional<Value> key = cursor.next();
      std::optional<Value> value = cursor.next();
      if (runtime.failed()) return nullptr;
      if (!value || cursor.next()) {
        runtime.fail("dictionary update sequence elements must have length 2");
        return nullptr;
      }
      if (!runtime.set(*dict, std::move(*key), std::move(*value))) return nullptr;
    }
  }
  for (const auto& [name, value] : arguments.named) {
    if (!runtime.set(*dict, runtime.string(std::string(name)), value)) return nullptr;
  }
  return runtime.failed() ? nullptr : dict;
}

Value make_dict(Runtime& runtime, const Value& /*self*/, const Arguments& arguments) {
  Dict* dict = make_fields(runtime, "dict", arguments);
  return dict == nullptr ? Value() : Value(dict);
}

Value make_namespace(Runtime& runtime, const Value& /*self*/, const Arguments& arguments) {
  Dict* dict = make_fields(runtime, "namespace", arguments);
  return dict == nullptr ? Value() : Value(NamespaceRef{dict});
}

Value make_cycler(Runtime& runtime, const Value& /*self*/, const Arguments& arguments) {
  if (arguments.positional.empty() || !arguments.named.empty())
    return runtime.fail("at least one item has to be provided");
  auto* cycler = runtime.make<Cycler>();
  cycler->items = arguments.positional;
  return cycler;
}

Value make_joiner(Runtime& runtime, const Value& /*self*/, const Arguments& arguments) {
  const Bound bound(runtime, "joiner", arguments, {"sep"});
  if (!bound) return {};
  auto* joiner = runtime.make<Joiner>();
  joiner->separator = bound.has(0) ? bound[0] : runtime.string(", ");
  return joiner;
}

Value raise_exception(Runtime& runtime, const Value& /*self*/, const Arguments& arguments) {
  const Bound bound(runtime, "raise_exception", arguments, {"message"}, 1);
  if (!bound) return {};
  return runtime.raise(to_text(runtime, bound[0]).bytes());
}

std::string formatted_time(std::string format, std::chrono::local_seconds now) {
  const auto day = std::chrono::floor<std::chrono::days>(now);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(now - day);
  std::tm fields{};
  fields.tm_year = static_cast<int>(date.year()) - 1900;
  fields.tm_mon = static_cast<int>(static_cast<unsigned>(date.month())) - 1;
  fields.tm_mday = static_cast<int>(static_cast<unsigned>(date.day()));
  fields.tm_hour = static_cast<int>(time.hours().count());
  fields.tm_min = static_cast<int>(time.minutes().count());
  fields.tm_sec = static_cast<int>(time.seconds().count());
  fields.tm_wday = static_cast<int>(std::chrono::weekday(day).c_encoding());
  fields.tm_yday = static_cast<int>((day - std::chrono::local_days(date.year() / 1 / 1)).count());
  std::array<char, 4096> buffer{};
  format += '.';  // so that an empty result is told from one that is too long
  const std::size_t n = std::strftime(buffer.data(), buffer.size(), format.c_str(), &fields);
  return n == 0 ? std::string() : std::string(buffer.data(), n - 1);
}

// What Python fills in itself for a time without zone: %f, %z, %Z.
std::string with_python_fields(std::string_view format) {
  std::string result;
  for (std::size_t at = 0; at < format.size(); ++at) {
    if (format[at] != '%' || at + 1 == format.size()) {
      result += format[at];
      continue;
    }
    const char kind = format[++at];
    if (kind == 'f') {
      result += "000000";
    } else if (kind != 'z' && kind != 'Z') {
      result += {'%', kind};
    }
  }
  return result;
}

Value strftime_now(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound(runtime, "strftime_now", arguments, {"format"}, 1);
  if (!bound) return {};
  if (!bound[0].is_string() || bound[0].bytes().size() > 256)
    return runtime.fail("strftime_now expects a short format string");
  const std::chrono::local_seconds now{std::chrono::seconds(self.integer())};
  return runtime.string(formatted_time(with_python_fields(bound[0].bytes()), now),
                        bound[0].string().text.weakest_origin());
}

constexpr std::array kFunctions = {
    Method{"range", make_range},          Method{"dict", make_dict},
    Method{"namespace", make_namespace},  Method{"cycler", make_cycler},
    Method{"joiner", make_joiner},        Method{"raise_exception", raise_exception},
    Method{"strftime_now", strftime_now},
};

// --- attributes of the objects above

Value loop_cycle(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const auto& items = arguments.positional;
  if (items.empty() || !arguments.named.empty()) return runtime.fail("no items for cycling given");
  return items[static_cast<std::size_t>(self.as<LoopState*>()->index0) % items.size()];
}

Value loop_changed(Runtime& runtime, const Value& self, const Arguments& arguments) {
  LoopState& loop = *self.as<LoopState*>();
  bool is_same = loop.was_changed_before && loop.last_changed.size() == arguments.positional.size();
  for (std::size_t i = 0; is_same && i < arguments.positional.size(); ++i) {
    is_same = equals(runtime, loop.last_changed[i], arguments.positional[i]);
  }
  loop.was_changed_before = true;
  loop.last_changed = arguments.positional;
  return !is_same;
}

Value loop_attribute(Runtime& runtime, const Value& of, std::string_view name) {
  LoopState& loop = *of.as<LoopState*>();
  const auto length = [&] { return static_cast<std::int64_t>(loop.length()); };
  if (name == "index") return loop.index0 + 1;
  if (name == "index0") return loop.index0;
  if (name == "first") return loop.index0 == 0;
  if (name == "last") return loop.is_last();
  if (name == "length") return length();
  if (name == "revindex") return length() - loop.index0;
  if (name == "revindex0") return length() - loop.index0 - 1;
  if (name == "depth") return loop.depth0 + 1;
  if (name == "depth0") return loop.depth0;
  if (name == "previtem")
    return loop.index0 == 0 ? runtime.undefined("there is no previous item") : loop.before;
  if (name == "nextitem") {
    const std::optional<Value>& next = loop.peek();
    return next ? *next : runtime.undefined("there is no next item");
  }
  if (name == "cycle") return bind(runtime, {"cycle", loop_cycle}, of);
  if (name == "changed") return bind(runtime, {"changed", loop_changed}, of);
  return {};
}

Value cycler_next(Runtime& runtime, const Value& self, const Arguments& arguments) {
  if (!Bound(runtime, "next", arguments, {})) return {};
  Cycler& cycler = *self.as<Cycler*>();
  const std::size_t at = std::exchange(cycler.position, (cycler.position + 1) % cycler.items.size());
  return cycler.items[at];
}

Value cycler_reset(Runtime& runtime, const Value& self, const Arguments& arguments) {
  if (!Bound(runtime, "reset", arguments, {})) return {};
  self.as<Cycler*>()->position = 0;
  return None{};
}

Value cycler_attribute(Runtime& runtime, const Value& of, std::string_view name) {
  const Cycler& cycler = *of.as<Cycler*>();
  if (name == "current") return cycler.items[cycler.position];
  if (name == "pos") return static_cast<std::int64_t>(cycler.position);
  if (name == "next") return bind(runtime, {"next", cycler_next}, of);
  if (name == "reset") return bind(runtime, {"reset", cycler_reset}, of);
  return {};
}

Value macro_attribute(Runtime& runtime, const Callable& callable, std::string_view name) {
  if (callable.macro == nullptr) return {};
  const MacroDefinition& macro = *callable.macro;
  if (name == "name") return macro.name.empty() ? Value(None{}) : runtime.string(macro.name);
  if (name == "caller") return macro.uses_caller;
  if (name == "catch_kwargs") return macro.uses_kwargs;
  if (name == "catch_varargs") return macro.uses_varargs;
  if (name != "arguments") return {};
  Sequence* names = runtime.sequence(SequenceKind::kTuple);
  for (const std::string& parameter : macro.parameters) runtime.append(*names, runtime.string(parameter));
  return names;
}

}  // namespace

Value object_attribute(Runtime& runtime, const Value& of, std::string_view name) {
  switch (of.kind()) {
    case Kind::kLoop: return loop_attribute(runtime, of, name);
    case Kind::kCycler: return cycler_attribute(runtime, of, name);
    case Kind::kJoiner:
      if (name == "sep") return of.as<Joiner*>()->separator;
      return name == "used" ? Value(of.as<Joiner*>()->used) : Value();
    case Kind::kCallable: return macro_attribute(runtime, *of.as<Callable*>(), name);
    default: return {};
  }
}

void add_globals(Runtime& runtime, Context& context, std::chrono::local_seconds now) {
  const Value seconds = static_cast<std::int64_t>(now.time_since_epoch().count());
  for (const Method& function : kFunctions) {
    context.try_emplace(std::string(function.name),
                        bind(runtime, function, function.name == "strftime_now" ? seconds : Value(None{})));
  }
}

}  // namespace minerva::chat::jinja
