#include "chat/tools/syntax_finder.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "chat/tools/json_scanner.h"
#include "chat/tools/marker.h"

namespace minerva::chat {
namespace {

using Json = nlohmann::json;

constexpr const char* kTools =
    R"([{"type":"function","function":{"name":"probe_tool_61","description":"Probe.","parameters":{"type":"object",)"
    R"("properties":{"key":{"type":"string","description":"Probe."}},"required":["key"]}}}])";
constexpr std::string_view kAnswer = "Probe-answer-62";

// Words that no template has of its own, in names, first keys and ids.
struct ProbeCall {
  const char* name;
  const char* first_key;
  const char* arguments;
  const char* long_id;
  const char* short_id;
};
constexpr std::array kCalls{
    ProbeCall{"probe_look_63", "alpha_64", R"({"alpha_64": "value 65", "beta_66": 67})", "call_probe_68",
              "probe0068"},
    ProbeCall{"probe_send_73", "gamma_74", R"({"gamma_74": {"inner_75": [true]}})", "call_probe_78",
              "probe0078"},
};
using Calls = std::vector<const ProbeCall*>;

// Half-open, in the assistant's text.
struct CallPlace {
  std::size_t begin, end;  // of the call's object (kObject), or of name and arguments together (kTagged)
  std::size_t name_begin, name_end;
  std::size_t arguments_begin, arguments_end;
};

std::optional<std::size_t> json_end(std::string_view text, std::size_t begin) {
  JsonScanner scanner;
  for (std::size_t at = begin; at < text.size(); ++at) {
    const auto step = scanner.push(text[at]);
    if (step == JsonScanner::Step::kDone) return at + 1;
    if (step != JsonScanner::Step::kMore) return std::nullopt;
  }
  return std::nullopt;
}

// The object whose first key is the call's.
std::optional<std::pair<std::size_t, std::size_t>> find_arguments(std::string_view text, std::size_t from,
                                                                  const ProbeCall& call) {
  const std::size_t key = text.find('"' + std::string(call.first_key) + '"', from);
  if (key == std::string_view::npos) return std::nullopt;
  const std::size_t begin = text.find_last_not_of(" \n\t\r", key - 1);
  if (key == 0 || begin == std::string_view::npos || text[begin] != '{') return std::nullopt;
  const auto end = json_end(text, begin);
  if (!end || Json::parse(text.substr(begin, *end - begin), nullptr, false) != Json::parse(call.arguments))
    return std::nullopt;
  return std::pair{begin, *end};
}

std::optional<std::string> key_of(const Json& object, const Json& value) {
  for (const auto& [key, member] : object.items()) {
    if (member == value) return key;
  }
  return std::nullopt;
}

// One rendering of calls taken apart, call by call.
class Parts {
 public:
  static std::optional<Parts> take(std::string text, const Calls& calls, bool short_ids) {
    Parts parts(std::move(text), short_ids);
    for (const ProbeCall* call : calls) {
      if (!parts.place(*call)) return std::nullopt;
    }
    return parts;
  }

  [[nodiscard]] const ToolCallSyntax& keys() const { return keys_; }
  [[nodiscard]] std::string open() const { return piece(0, places_.front().begin); }
  [[nodiscard]] std::string close() const { return piece(places_.back().end, text_.size()); }
  [[nodiscard]] std::string between() const { return piece(places_.front().end, places_.back().begin); }
  [[nodiscard]] std::string head(std::size_t i) const {
    return piece(places_[i].begin, std::min(places_[i].name_begin, places_[i].arguments_begin));
  }
  [[nodiscard]] std::string middle(std::size_t i) const {
    const CallPlace& p = places_[i];
    return keys_.arguments_first ? piece(p.arguments_end, p.name_begin)
                                 : piece(p.name_end, p.arguments_begin);
  }
  [[nodiscard]] std::string tail(std::size_t i) const {
    return piece(std::max(places_[i].name_end, places_[i].arguments_end), places_[i].end);
  }

 private:
  Parts(std::string text, bool short_ids) : text_(std::move(text)), short_ids_(short_ids) {}

  bool place(const ProbeCall& call) {
    const std::size_t from = places_.empty() ? 0 : places_.back().end;
    const auto arguments = find_arguments(text_, from, call);
    const std::size_t name = text_.find(call.name, from);
    if (!arguments || name == std::string::npos) return false;
    CallPlace place{.begin = name,
                    .end = arguments->second,
                    .name_begin = name,
                    .name_end = name + std::string_view(call.name).size(),
                    .arguments_begin = arguments->first,
                    .arguments_end = arguments->second};
    ToolCallSyntax keys;
    keys.form =
        find_object(call, from, place, keys) ? ToolCallSyntax::Form::kObject : ToolCallSyntax::Form::kTagged;
    keys.arguments_first = place.arguments_begin < place.name_begin;
    if (keys.form == ToolCallSyntax::Form::kTagged && keys.arguments_first) return false;
    if (!places_.empty() && keys != keys_) return false;
    keys_ = keys;
    places_.push_back(place);
    return true;
  }

  // The outermost object that has the name, directly or one object further inside.
  bool find_object(const ProbeCall& call, std::size_t from, CallPlace& place, ToolCallSyntax& keys) const {
    const Json arguments = Json::parse(call.arguments);
    for (std::size_t at = text_.find('{', from); at < std::min(place.name_begin, place.arguments_begin);
         at = text_.find('{', at + 1)) {
      const auto end = json_end(text_, at);
      if (!end || *end <= place.arguments_end || *end <= place.name_end) continue;
      const Json object = Json::parse(text_.substr(at, *end - at), nullptr, false);
      const auto take_keys = [&](const Json& holder, const std::string& wrapper) {
        const auto name_key = key_of(holder, call.name);
        const auto arguments_key = key_of(holder, arguments);
        if (!name_key || !arguments_key) return false;
        keys.wrapper_key = wrapper;
        keys.name_key = *name_key;
        keys.arguments_key = *arguments_key;
        return true;
      };
      bool found = take_keys(object, "");
      for (const auto& [key, member] : object.items()) {
        found = found || (member.is_object() && take_keys(member, key));
      }
      if (!found) continue;
      place.begin = at;
      place.end = *end;
      return true;
    }
    return false;
  }

  // Ids become holes.
  [[nodiscard]] std::string piece(std::size_t begin, std::size_t end) const {
    std::string text = text_.substr(begin, end - begin);
    for (const ProbeCall& call : kCalls) {
      const std::string_view id = short_ids_ ? call.short_id : call.long_id;
      for (std::size_t at = text.find(id); at != std::string::npos; at = text.find(id))
        text.replace(at, id.size(), 1, kIdHole);
    }
    return text;
  }

  std::string text_;
  bool short_ids_;
  std::vector<CallPlace> places_;
  ToolCallSyntax keys_;  // form and keys only
};

// "…0…" of the first call and "…1…" of the second, else equal.
std::optional<std::string> with_index_hole(const std::string& first, const std::string& second) {
  if (first == second) return first;
  const auto differ = std::ranges::mismatch(first, second).in1 - first.begin();
  const auto at = static_cast<std::size_t>(differ);
  if (first.size() != second.size() || at == first.size() || first[at] != '0' || second[at] != '1' ||
      first.substr(at + 1) != second.substr(at + 1))
    return std::nullopt;
  std::string holed = first;
  holed[at] = kIndexHole;
  return holed;
}

class Finder {
 public:
  Finder(const ProbeRender& render, const TemplateFacts& facts) : render_(render), facts_(facts) {}

  std::optional<ToolCallSyntax> run() {
    const auto first = parts({&kCalls[0]});
    const auto second = parts({&kCalls[1]});
    if (!first || !second || first->keys() != second->keys() || first->open() != second->open() ||
        first->head(0) != second->head(0) || first->middle(0) != second->middle(0) ||
        first->tail(0) != second->tail(0) || first->close() != second->close())
      return std::nullopt;
    ToolCallSyntax syntax = first->keys();
    syntax.open = first->open();
    syntax.head = first->head(0);
    syntax.middle = first->middle(0);
    syntax.tail = first->tail(0);
    if (const std::string close = first->close(); !is_blank(close)) syntax.closes.push_back(close);
    if (const auto both = parts({&kCalls[0], &kCalls[1]}); both && !add_second(*both, syntax))
      return std::nullopt;
    if (facts_.short_tool_call_ids) syntax.ids = ToolCallSyntax::Ids::kShort;
    if (!is_readable(syntax)) return std::nullopt;
    return syntax;
  }

 private:
  // What a turn of two calls shows beyond a turn of one. False when it contradicts it.
  static bool add_second(const Parts& both, ToolCallSyntax& syntax) {
    const auto middle = with_index_hole(both.middle(0), both.middle(1));
    if (both.keys() != syntax_keys(syntax) || both.open() != syntax.open || both.head(0) != syntax.head ||
        both.head(1) != syntax.head || both.middle(0) != syntax.middle || !middle ||
        both.tail(0) != both.tail(1))
      return false;
    if (*middle != syntax.middle) {
      syntax.ids = ToolCallSyntax::Ids::kIndexed;
      const std::size_t lead = syntax.open.find_last_of(">]|} \n");
      syntax.id_lead = syntax.open.substr(lead == std::string::npos ? 0 : lead + 1);
    }
    syntax.middle = *middle;
    syntax.between = both.between();
    if (const std::string close = both.close();
        !is_blank(close) && !std::ranges::contains(syntax.closes, close))
      syntax.closes.push_back(close);
    return true;
  }

  static ToolCallSyntax syntax_keys(const ToolCallSyntax& syntax) {
    ToolCallSyntax keys;
    keys.form = syntax.form;
    keys.arguments_first = syntax.arguments_first;
    keys.wrapper_key = syntax.wrapper_key;
    keys.name_key = syntax.name_key;
    keys.arguments_key = syntax.arguments_key;
    return keys;
  }

  // A call without an object needs a marker before its name, and an end of the name.
  static bool is_readable(const ToolCallSyntax& syntax) {
    if (syntax.form == ToolCallSyntax::Form::kObject) return true;
    const auto begins_name = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
    };
    return !is_blank(syntax.open) && !syntax.middle.empty() && !begins_name(syntax.middle.front());
  }

  // The calls as the model would have written them: behind what comes before any answer, before what ends its turn.
  std::optional<Parts> parts(const Calls& calls) const {
    const ChatMessage user{.role = Role::kUser, .content = "Probe-user-79"};
    const RenderOptions options{.add_generation_prompt = false, .tools = kTools};
    ChatMessage caller{.role = Role::kAssistant};
    for (const ProbeCall* call : calls) {
      caller.tool_calls.push_back({.id = facts_.short_tool_call_ids ? call->short_id : call->long_id,
                                   .name = call->name,
                                   .arguments = call->arguments});
    }
    const auto plain =
        render_({{user, {.role = Role::kAssistant, .content = std::string(kAnswer)}}}, options);
    const auto called = render_({{user, std::move(caller)}}, options);
    if (!plain || !called) return std::nullopt;
    const auto begin = static_cast<std::size_t>(std::ranges::mismatch(*plain, *called).in1 - plain->begin());
    const std::string_view answer = std::string_view(*plain).substr(begin);
    if (!answer.starts_with(kAnswer)) return std::nullopt;
    const std::string_view turn_end = answer.substr(kAnswer.size());
    std::string text = called->substr(begin);
    if (text.ends_with(turn_end)) text.resize(text.size() - turn_end.size());
    return Parts::take(std::move(text), calls, facts_.short_tool_call_ids);
  }

  const ProbeRender& render_;
  const TemplateFacts& facts_;
};

}  // namespace

std::optional<ToolCallSyntax> find_syntax(const ProbeRender& render, const TemplateFacts& facts) {
  return Finder(render, facts).run();
}

}  // namespace minerva::chat
