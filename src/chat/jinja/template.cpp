#include "chat/jinja/template.h"

#include <utility>

#include "chat/jinja/evaluator.h"
#include "chat/jinja/globals.h"
#include "chat/jinja/json_value.h"
#include "chat/jinja/lexer.h"
#include "chat/jinja/name_resolution.h"
#include "chat/jinja/parser.h"

namespace minerva::chat::jinja {
namespace {

wire::PromptText prompt_text(const Text& text) {
  wire::PromptText prompt{.text = text.bytes(), .spans = {}};
  std::size_t begin = 0;
  for (const Text::Piece& piece : text.pieces()) {
    prompt.spans.push_back(
        {.n_bytes = static_cast<std::uint32_t>(piece.end - begin), .origin = piece.origin});
    begin = piece.end;
  }
  return prompt;
}

}  // namespace

Template::Template(std::shared_ptr<const Program> program, const Limits& limits)
    : program_(std::move(program)), limits_(limits) {}

Result<Template> Template::parse(std::string_view source, const Limits& limits) {
  if (source.size() > limits.max_source_bytes) {
    return fail(ErrorCode::kTemplateFailed,
                "The chat template has more than " + std::to_string(limits.max_source_bytes) + " bytes");
  }
  Result<std::vector<Token>> tokens = tokenize(source);
  if (!tokens) return std::unexpected(std::move(tokens.error()));
  Result<Program> program = jinja::parse(std::move(*tokens), limits);
  if (!program) return std::unexpected(std::move(program.error()));
  if (Status resolved = resolve_names(*program); !resolved)
    return std::unexpected(std::move(resolved.error()));
  return Template(std::make_shared<const Program>(std::move(*program)), limits);
}

Result<wire::PromptText> Template::render(const RenderInput& input) const {
  Runtime runtime(limits_);
  Context context;
  add_variables(runtime, context, input.trusted, Origin::kTemplate);
  add_variables(runtime, context, input.untrusted, Origin::kMessage);
  add_globals(runtime, context, input.now);
  Text text;
  if (!runtime.failed()) text = Evaluator(runtime, context).run(*program_);
  if (runtime.failed()) return std::unexpected(runtime.take_error());
  return prompt_text(text);
}

}  // namespace minerva::chat::jinja
