#include "golden.h"

#include <fstream>
#include <sstream>

#include "chat/jinja/template.h"
#include "golden_clock.h"

namespace minerva::test {

std::string read_data(const std::string& path) {
  std::ifstream file("tests/data/" + path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Json read_golden(const std::string& name) { return Json::parse(read_data("golden/" + name)); }

Result<wire::PromptText> render(const std::string& source, const Json& untrusted, const Json& trusted) {
  const auto parsed = chat::jinja::Template::parse(source);
  if (!parsed) return std::unexpected(parsed.error());
  return parsed->render({.untrusted = untrusted, .trusted = trusted, .now = kGoldenClock});
}

std::string difference(const Json& golden, const Result<wire::PromptText>& outcome) {
  if (golden.contains("text")) {
    const auto& text = golden["text"].get_ref<const std::string&>();
    if (!outcome) return "should render, but: " + outcome.error().message;
    return outcome->text == text ? "" : "expected:\n" + text + "\nrendered:\n" + outcome->text;
  }
  const auto& message = golden["error"].get_ref<const std::string&>();
  if (outcome) return "should fail with " + message + ", but rendered:\n" + outcome->text;
  if (outcome.error().code != ErrorCode::kTemplateFailed)
    return "failed with another code: " + to_string(outcome.error());
  if (golden.contains("raised") && outcome.error().message != message)
    return "raised '" + outcome.error().message + "', not '" + message + "'";
  return "";
}

std::string text_of(const wire::PromptText& prompt, wire::Origin origin) {
  std::string text;
  std::size_t at = 0;
  for (const wire::PromptSpan& span : prompt.spans) {
    if (span.origin == origin) text += (text.empty() ? "" : "|") + prompt.text.substr(at, span.n_bytes);
    at += span.n_bytes;
  }
  return text;
}

}  // namespace minerva::test
