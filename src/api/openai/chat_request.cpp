#include "api/openai/chat_request.h"

#include <nlohmann/json.hpp>

#include <string>
#include <utility>

#include "api/admission_fields.h"
#include "api/openai/chat_messages.h"
#include "api/openai/unsupported_fields.h"
#include "api/parameter_parser.h"
#include "api/response_format.h"
#include "api/sampling_fields.h"

namespace minerva::api::openai {
namespace {

void read_stream_options(ParameterParser& fields, bool& include_usage) {
  const Json* options = fields.object("stream_options");
  if (options == nullptr) return;
  ParameterParser inner(*options, "stream_options");
  inner.boolean("include_usage", include_usage);
  fields.include(inner.status());
}

// An effort of "none" turns thinking off; any other is a word that some templates show to the model. What the client
// says in chat_template_kwargs goes before both.
void read_template_options(ParameterParser& fields, chat::RenderOptions& render) {
  Json variables = Json::object();
  if (const Json* given = fields.object("chat_template_kwargs")) variables = *given;
  std::string effort;
  fields.choice("reasoning_effort", {"none", "minimal", "low", "medium", "high", "xhigh", "max"}, effort);
  if (effort == "none" && !variables.contains("enable_thinking")) render.enable_thinking = false;
  if (!effort.empty() && effort != "none" && !variables.contains("reasoning_effort"))
    variables["reasoning_effort"] = effort;
  if (!variables.empty()) render.template_kwargs = to_text(variables);
}

// The answer is JSON from its first token on, so a model is asked not to think before it, and has no way to call.
void read_json_wish(ParameterParser& fields, chat::schema::GrammarCache& grammars, ChatRequest& request) {
  if (!read_response_format(fields, grammars, request.generation.sampling)) return;
  if (!request.tools.names.empty()) {
    fields.refuse(
        "response_format",
        "an answer in a given format cannot be a tool call; send tool_choice \"none\" or no tools with it");
  }
  if (!request.render.enable_thinking) request.render.enable_thinking = false;
}

}  // namespace

Result<ChatRequest> read_chat_request(std::string_view text, std::uint64_t random_seed,
                                      chat::schema::GrammarCache& grammars) {
  auto body = parse_json(text);
  if (!body) return std::unexpected(std::move(body.error()));

  ChatRequest request;
  ParameterParser fields(*body, "");
  if (!fields.is_object()) return std::unexpected(fields.status().error());
  auto conversation = read_messages(*body);
  if (!conversation) return std::unexpected(std::move(conversation.error()));
  request.conversation = std::move(*conversation);

  gateway::GenerationRequest& generation = request.generation;
  generation.sampling.seed = random_seed;
  fields.text("model", generation.model);
  read_sampling(fields, generation.sampling);
  read_log_probabilities(fields, generation.sampling);
  generation.max_tokens = read_max_tokens(fields);
  generation.stop = read_stop(fields);
  fields.boolean("ignore_eos", generation.ignore_eos);
  fields.integer("n", {1, kMaxChoices}, generation.n_choices);
  read_admission(fields, generation);
  fields.boolean("stream", request.stream);
  read_stream_options(fields, request.include_usage);
  read_template_options(fields, request.render);
  request.tools = read_tools(fields);
  request.render.tools = request.tools.tools;
  read_json_wish(fields, grammars, request);
  fields.include(refuse_unsupported(*body));
  if (fields.failed()) return std::unexpected(fields.status().error());
  return request;
}

}  // namespace minerva::api::openai
