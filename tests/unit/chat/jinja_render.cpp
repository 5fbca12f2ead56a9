// Renders templates for comparison with another engine (tests/fuzz/jinja_diff.py). One JSON object a line on stdin:
// {"template": …, "context": {…}, "trusted": {…}}; one on stdout: {"ok": true, "text": …, "spans": [[n_bytes, origin]…]}
// or {"ok": false, "error": …}. Wall time is the golden files' clock.

#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "chat/jinja/template.h"
#include "golden_clock.h"

namespace {

using Json = nlohmann::ordered_json;

Json render(const Json& request) {
  const auto parsed =
      minerva::chat::jinja::Template::parse(request.at("template").get_ref<const std::string&>());
  if (!parsed) return {{"ok", false}, {"error", parsed.error().message}};
  const Json context = request.value("context", Json::object());
  const Json trusted = request.value("trusted", Json::object());
  const auto prompt =
      parsed->render({.untrusted = context, .trusted = trusted, .now = minerva::test::kGoldenClock});
  if (!prompt) return {{"ok", false}, {"error", prompt.error().message}};
  Json spans = Json::array();
  for (const auto& span : prompt->spans) spans.push_back({span.n_bytes, static_cast<int>(span.origin)});
  return {{"ok", true}, {"text", prompt->text}, {"spans", spans}};
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const Json request = Json::parse(line, nullptr, false);
    const bool is_usable =
        request.is_object() && request.contains("template") && request["template"].is_string();
    const Json answer = is_usable ? render(request) : Json{{"ok", false}, {"error", "not a request"}};
    std::cout << answer.dump(-1, ' ', true, Json::error_handler_t::replace) << '\n' << std::flush;
  }
  return 0;
}
