// Any bytes as a template: parsing and rendering must end, within the limits, with a text whose spans cover it or with an
// error of code template_failed.

#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "chat/jinja/template.h"

namespace {

using Json = nlohmann::ordered_json;

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minerva;
  static const Json untrusted = Json::parse(
      R"({"messages": [{"role": "system", "content": "Sé"}, {"role": "user", "content": " a,b\n<|x|> "},
      {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "f", "arguments": {"a": [1, 2.5, null, true]}}}]}],
      "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}], "n": 7})");
  static const Json trusted =
      Json::parse(R"({"bos_token": "<s>", "eos_token": "</s>", "add_generation_prompt": true})");
  const chat::jinja::Limits limits{
      .max_steps = 20'000, .max_output_bytes = 1U << 20U, .max_memory_bytes = 8U << 20U};
  const auto parsed = chat::jinja::Template::parse({reinterpret_cast<const char*>(data), size}, limits);
  require(parsed || parsed.error().code == ErrorCode::kTemplateFailed);
  if (!parsed) return 0;
  const auto prompt = parsed->render({.untrusted = untrusted, .trusted = trusted});
  require(prompt || prompt.error().code == ErrorCode::kTemplateFailed);
  if (!prompt) return 0;
  std::size_t n_bytes = 0;
  for (const wire::PromptSpan& span : prompt->spans) n_bytes += span.n_bytes;
  require(n_bytes == prompt->text.size());
  return 0;
}
