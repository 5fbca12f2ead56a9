#include <utility>

#include "chat/jinja/access.h"
#include "chat/jinja/evaluator.h"
#include "chat/jinja/methods.h"
#include "chat/jinja/python_repr.h"

namespace minerva::chat::jinja {

bool Evaluator::evaluate_arguments(const CallArguments& nodes, Arguments& into) {
  into.positional.reserve(nodes.positional.size());
  for (const ExprPtr& node : nodes.positional) into.positional.push_back(evaluate(*node));
  if (nodes.star != nullptr) {
    const Value rest = evaluate(*nodes.star);
    if (runtime_.failed()) return false;
    Cursor cursor(runtime_, rest);
    while (std::optional<Value> item = cursor.next()) into.positional.push_back(std::move(*item));
  }
  for (const auto& [name, node] : nodes.named) into.named.emplace_back(name, evaluate(*node));
  if (nodes.star_star != nullptr) {
    const Value rest = evaluate(*nodes.star_star);
    if (runtime_.failed()) return false;
    if (!rest.is_dict()) {
      runtime_.fail("argument after ** must be a mapping, not " + std::string(type_name(rest)));
      return false;
    }
    for (const Dict::Entry& entry : rest.dict().entries()) {
      if (!entry.key.is_string() || into.find(entry.key.bytes()) != nullptr) {
        runtime_.fail(entry.key.is_string() ? "got multiple values for a keyword argument"
                                            : "keywords must be strings");
        return false;
      }
      into.named.emplace_back(entry.key.bytes(), entry.value);
    }
  }
  return !runtime_.failed();
}

Value Evaluator::call(const CallExpr& node, const Value& caller) {
  Value callee;
  Value self;
  Method method;
  // A method that is called at once needs no bound value.
  if (const auto* attribute = std::get_if<AttributeExpr>(&node.callee->node)) {
    self = evaluate(*attribute->of);
    if (runtime_.failed()) return {};
    method = find_method(self, attribute->name);
    if (method.function == nullptr) callee = get_attribute(runtime_, self, attribute->name);
  } else {
    callee = evaluate(*node.callee);
  }
  Arguments arguments;
  if (runtime_.failed() || !evaluate_arguments(node.arguments, arguments)) return {};
  if (!caller.is_missing()) arguments.named.emplace_back("caller", caller);
  return method.function != nullptr ? method.function(runtime_, self, arguments)
                                    : call_value(callee, arguments);
}

Value Evaluator::call_value(const Value& callee, Arguments& arguments) {
  switch (callee.kind()) {
    case Kind::kUndefined: return runtime_.fail_undefined(callee);
    case Kind::kCallable: {
      const Callable& callable = *callee.as<Callable*>();
      if (callable.macro != nullptr) return call_macro(callable, arguments);
      return callable.function(runtime_, callable.self, arguments);
    }
    case Kind::kLoop: return call_loop(*callee.as<LoopState*>(), arguments);
    case Kind::kJoiner: {
      if (!Bound(runtime_, "joiner", arguments, {})) return {};
      Joiner& joiner = *callee.as<Joiner*>();
      if (std::exchange(joiner.used, true)) return joiner.separator;
      return runtime_.string(Text{});
    }
    default: return runtime_.fail("'" + std::string(type_name(callee)) + "' object is not callable");
  }
}

Value Evaluator::make_macro(const MacroDefinition& definition) {
  auto* macro = runtime_.make<Callable>();
  macro->name = definition.name;
  macro->macro = &definition;
  macro->closure = activation_;
  return macro;
}

bool Evaluator::bind_macro(const MacroDefinition& macro, const Arguments& arguments, Activation& activation) {
  const std::string name = macro.name.empty() ? "None" : quote(macro.name);
  const std::size_t n_positional = std::min(arguments.positional.size(), macro.parameters.size());
  for (std::size_t i = 0; i < n_positional; ++i)
    activation.slots[macro.parameter_slots[i]] = arguments.positional[i];
  Dict* rest = macro.uses_kwargs ? runtime_.dict() : nullptr;
  for (const auto& [key, value] : arguments.named) {
    const auto found = std::ranges::find(macro.parameters.begin() + static_cast<std::ptrdiff_t>(n_positional),
                                         macro.parameters.end(), key);
    if (found != macro.parameters.end()) {
      activation.slots[macro.parameter_slots[static_cast<std::size_t>(found - macro.parameters.begin())]] =
          value;
    } else if (key == "caller" && macro.uses_caller) {
      activation.slots[macro.caller_slot] = value;
    } else if (rest != nullptr) {
      runtime_.set(*rest, runtime_.string(std::string(key), Origin::kMessage), value);
    } else {
      runtime_.fail("macro " + name + " takes no keyword argument " + quote(key));
      return false;
    }
  }
  if (macro.uses_caller && activation.slots[macro.caller_slot].is_missing()) {
    activation.slots[macro.caller_slot] = runtime_.undefined("No caller defined");
  }
  if (rest != nullptr) activation.slots[macro.kwargs_slot] = rest;
  if (macro.uses_varargs) {
    Sequence* more = runtime_.sequence(SequenceKind::kTuple);
    for (std::size_t i = n_positional; i < arguments.positional.size(); ++i)
      runtime_.append(*more, arguments.positional[i]);
    activation.slots[macro.varargs_slot] = more;
  } else if (arguments.positional.size() > macro.parameters.size()) {
    runtime_.fail("macro " + name + " takes not more than " + std::to_string(macro.parameters.size()) +
                  " argument(s)");
  }
  return !runtime_.failed();
}

Value Evaluator::call_macro(const Callable& callable, const Arguments& arguments) {
  const MacroDefinition& macro = *callable.macro;
  if (runtime_.macro_depth >= runtime_.limits().max_depth) {
    return runtime_.fail("macros call each other deeper than " + std::to_string(runtime_.limits().max_depth) +
                         " levels");
  }
  if (!runtime_.charge_memory(macro.n_slots * sizeof(Value)) || !runtime_.step(macro.n_slots)) return {};
  auto* activation = runtime_.make<Activation>(macro.n_slots, callable.closure);
  if (!bind_macro(macro, arguments, *activation)) return {};
  Activation* outer = std::exchange(activation_, activation);
  ++runtime_.macro_depth;
  enter(macro.scope);
  const std::size_t n_without_default = macro.parameters.size() - macro.defaults.size();
  for (std::size_t i = 0; i < macro.parameters.size(); ++i) {
    Value& parameter = activation->slots[macro.parameter_slots[i]];
    if (!parameter.is_missing()) continue;
    parameter = i < n_without_default
                    ? runtime_.undefined("parameter " + quote(macro.parameters[i]) + " was not provided")
                    : evaluate(*macro.defaults[i - n_without_default]);
  }
  Value result = runtime_.failed() ? Value() : runtime_.string(capture(macro.body).first);
  --runtime_.macro_depth;
  activation_ = outer;
  return result;
}

Value Evaluator::call_loop(LoopState& loop, const Arguments& arguments) {
  const Bound bound(runtime_, "loop", arguments, {"iterable"}, 1);
  if (!bound) return {};
  if (loop.recursive == nullptr) {
    return runtime_.fail("The loop must have the 'recursive' marker to be called recursively.");
  }
  if (runtime_.macro_depth >= runtime_.limits().max_depth)
    return runtime_.fail("a recursive loop nests too deeply");
  const ForStatement& node = *loop.recursive;
  Activation* outer = std::exchange(activation_, runtime_.make<Activation>(node.n_slots, loop.activation));
  Text text;
  Text* outer_out = std::exchange(out_, &text);
  ++runtime_.macro_depth;
  run_loop(node, bound[0], loop.depth0 + 1);
  --runtime_.macro_depth;
  out_ = outer_out;
  activation_ = outer;
  return runtime_.failed() ? Value() : runtime_.string(std::move(text));
}

}  // namespace minerva::chat::jinja
