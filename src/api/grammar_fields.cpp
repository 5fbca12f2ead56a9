#include "api/grammar_fields.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace minerva::api {
namespace {

// In the order of wire::TriggerKind.
constexpr std::array<std::string_view, 4> kTypes{"token", "word", "pattern", "pattern_full"};

std::optional<wire::TriggerKind> kind_of(const Json& type) {
  std::size_t number = kTypes.size();
  if (type.is_number_unsigned()) number = type.get<std::size_t>();
  if (type.is_string())
    number = static_cast<std::size_t>(std::ranges::find(kTypes, type.get_ref<const std::string&>()) -
                                      kTypes.begin());
  if (number >= kTypes.size()) return std::nullopt;
  return static_cast<wire::TriggerKind>(number);
}

Result<wire::GrammarTrigger> read_trigger(const Json& given, std::string path) {
  ParameterParser fields(given, std::move(path));
  wire::GrammarTrigger trigger;
  if (!fields.is_object()) return std::unexpected(fields.status().error());
  const Json* type = fields.value("type");
  if (const auto kind = type != nullptr ? kind_of(*type) : std::nullopt) {
    trigger.kind = *kind;
  } else {
    fields.mismatch("type", R"(0 or "token", 1 or "word", 2 or "pattern", 3 or "pattern_full")",
                    type != nullptr ? *type : Json{});
  }
  fields.text("value", trigger.value);
  if (trigger.kind == wire::TriggerKind::kToken)
    fields.integer("token", {0, std::numeric_limits<std::int32_t>::max()}, trigger.token);
  if (trigger.value.empty() && trigger.token < 0) {
    fields.refuse("value",
                  trigger.kind == wire::TriggerKind::kToken
                      ? fmt::format("{} needs a token, or a value that is one", fields.path_of("value"))
                      : fmt::format("{} must be a text that is not empty", fields.path_of("value")));
  }
  if (fields.failed()) return std::unexpected(fields.status().error());
  return trigger;
}

}  // namespace

void read_grammar(ParameterParser& fields, wire::SamplingParams& sampling) {
  fields.text("grammar", sampling.grammar);
  fields.boolean("grammar_lazy", sampling.grammar_lazy);
  if (const Json* given = fields.array("grammar_triggers")) {
    for (std::size_t i = 0; i < given->size() && !fields.failed(); ++i) {
      auto trigger = read_trigger((*given)[i], element_path("grammar_triggers", i));
      if (trigger) {
        sampling.grammar_triggers.push_back(std::move(*trigger));
      } else {
        fields.include(std::unexpected(trigger.error()));
      }
    }
  }
  if (!sampling.grammar_lazy) return;
  if (sampling.grammar.empty())
    fields.refuse("grammar_lazy", "grammar_lazy needs a grammar that begins later");
  if (sampling.grammar_triggers.empty()) {
    fields.refuse("grammar_triggers",
                  "grammar_lazy needs grammar_triggers: without one the grammar would never begin");
  }
}

}  // namespace minerva::api
