#include "chat/jinja/json_value.h"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace minerva::chat::jinja {
namespace {

using Json = nlohmann::ordered_json;

// Plain words, which cannot be or hide a control token.
constexpr std::array<std::string_view, 8> kRoles = {"system", "developer", "user",     "assistant",
                                                    "tool",   "ipython",   "function", "model"};

Value number(const Json& json) {
  if (json.is_number_float()) return json.get<double>();
  if (json.is_number_unsigned() &&
      json.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return json.get<double>();
  }
  return json.get<std::int64_t>();
}

bool is_known_role(const std::string& key, const Json& value) {
  return key == "role" && value.is_string() &&
         std::ranges::contains(kRoles, value.get_ref<const std::string&>());
}

// `is_message`: an element of `messages`, whose role is trusted.
Value object(Runtime& runtime, const Json& json, Origin origin, bool is_message) {
  Dict* dict = runtime.dict();
  for (const auto& [key, member] : json.items()) {
    const Origin member_origin = is_message && is_known_role(key, member) ? Origin::kTemplate : origin;
    if (!runtime.set(*dict, runtime.string(key, origin), to_value(runtime, member, member_origin))) return {};
  }
  return dict;
}

Value array(Runtime& runtime, const Json& json, Origin origin, bool of_messages) {
  Sequence* list = runtime.sequence(SequenceKind::kList, json.size());
  for (const Json& item : json) {
    Value value = of_messages && item.is_object() ? object(runtime, item, origin, true)
                                                  : to_value(runtime, item, origin);
    if (!runtime.append(*list, std::move(value))) return {};
  }
  return list;
}

}  // namespace

Value to_value(Runtime& runtime, const Json& json, Origin origin) {
  if (!runtime.stack_is_left()) return {};
  switch (json.type()) {
    case Json::value_t::object: return object(runtime, json, origin, false);
    case Json::value_t::array: return array(runtime, json, origin, false);
    case Json::value_t::string: return runtime.string(json.get_ref<const std::string&>(), origin);
    case Json::value_t::boolean: return json.get<bool>();
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
    case Json::value_t::number_float: return number(json);
    case Json::value_t::null:
    case Json::value_t::binary:
    case Json::value_t::discarded: break;
  }
  return None{};
}

void add_variables(Runtime& runtime, Context& context, const Json& json, Origin origin) {
  if (!json.is_object()) return;
  for (const auto& [name, member] : json.items()) {
    if (context.contains(name)) continue;
    const bool are_messages = name == "messages" && member.is_array();
    context.emplace(name,
                    are_messages ? array(runtime, member, origin, true) : to_value(runtime, member, origin));
  }
}

}  // namespace minerva::chat::jinja
