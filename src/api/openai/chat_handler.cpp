#include "api/openai/chat_handler.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "api/admission_fields.h"
#include "api/openai/chat_answer.h"
#include "api/openai/chat_request.h"
#include "api/openai/chat_response.h"
#include "api/openai/errors.h"
#include "api/openai/streamed_answer.h"
#include "api/openai/whole_answer.h"
#include "api/placement.h"
#include "api/run_on.h"
#include "base/log.h"

namespace minerva::api::openai {
namespace {

namespace asio = boost::asio;
using Template = Result<std::shared_ptr<const chat::ChatTemplate>>;

// On the work pool. The body's faults come before the server's: a client can do something about them now.
Result<ChatRequest> prepare(std::string_view body, std::uint64_t random_seed, ApiContext& context,
                            const Template& chat_template, const gateway::GatewayStatus& status) {
  auto request = read_chat_request(body, random_seed, context.grammars);
  if (!request) return request;
  if (!chat_template) return std::unexpected(chat_template.error());
  request->render.now = chat::local_now();
  auto prompt = (*chat_template)->render(request->conversation, request->render);
  if (!prompt) return std::unexpected(std::move(prompt.error()));
  request->generation.prompt = std::move(*prompt);
  if (status.card)
    request->generation.shown_tokens =
        call_markers(request->tools, **chat_template, status.card->control_tokens);
  return request;
}

// Cancels the generation when the client goes away while this lives.
class ClientWatch {
 public:
  ClientWatch(http::Exchange& exchange, gateway::TokenStream& stream) : exchange_(exchange) {
    exchange_.on_client_gone([&stream] { stream.cancel(); });
  }
  ~ClientWatch() { exchange_.on_client_gone({}); }
  ClientWatch(const ClientWatch&) = delete;
  ClientWatch& operator=(const ClientWatch&) = delete;

 private:
  http::Exchange& exchange_;
};

// When the client is gone there is nobody to tell that the answer could not be sent.
asio::awaitable<void> respond(http::Exchange& exchange, http::Response response) {
  std::ignore = co_await exchange.respond(std::move(response));
}

// A choice of which nothing more counts is computed no further.
template <typename Kind>
void end_if_complete(gateway::TokenStream& stream, const gateway::StreamEvent& event, const Kind& answer) {
  const auto* delta = std::get_if<gateway::TextDelta>(&event);
  if (delta != nullptr && answer.is_complete(delta->choice)) stream.end_early(delta->choice);
}

asio::awaitable<void> answer_whole(gateway::Gateway& gateway, http::Exchange& exchange,
                                   gateway::TokenStream& stream, WholeAnswer answer, ChatHead head) {
  while (!stream.done()) {
    const gateway::StreamEvent event = co_await stream.next();
    if (const auto* error = std::get_if<Error>(&event)) {
      co_return co_await respond(exchange, error_response(*error));
    }
    answer.take(event);
    end_if_complete(stream, event, answer);
  }
  const Card card = gateway.status().card;
  http::Response response;
  response.headers = placement_headers(card, answer.n_recoveries());
  response.body = answer.body(head, card);
  co_await respond(exchange, std::move(response));
}

asio::awaitable<void> answer_streaming(const ApiContext& context, http::Exchange& exchange,
                                       gateway::TokenStream& stream, StreamedAnswer answer) {
  const auto response = co_await exchange.stream(http::StreamKind::kServerSentEvents,
                                                 placement_headers(context.gateway.status().card));
  if (!response) co_return;
  for (std::string bytes = answer.begin();;) {
    const Status written = bytes.empty() ? Status{} : co_await (*response)->write(std::move(bytes));
    if (!written) {
      log::debug("api", "a stream was cut: {}", written.error().message);
      co_return stream.cancel();
    }
    if (stream.done()) co_return;
    const auto event = co_await stream.next_within(context.keep_alive);
    if (event) {
      const Card card = stream.done() ? context.gateway.status().card : std::nullopt;
      bytes = answer.take(*event, card);
      end_if_complete(stream, *event, answer);
    } else {
      bytes = kKeepAlive;
    }
  }
}

std::vector<AnswerText> texts_of(std::uint32_t n_choices, const ToolOffer& tools,
                                 const chat::ChatTemplate& chat_template, const ApiContext& context) {
  std::vector<AnswerText> texts;
  texts.reserve(n_choices);
  for (std::uint32_t choice = 0; choice < n_choices; ++choice)
    texts.emplace_back(tools, chat_template, context.random);
  return texts;
}

}  // namespace

asio::awaitable<void> handle_chat_completion(std::shared_ptr<ApiContext> context, http::Exchange& exchange) {
  const auto status = std::make_shared<const gateway::GatewayStatus>(context->gateway.status());
  const Template chat_template = context->chat_models.current(*status);
  std::function<Result<ChatRequest>()> work = [body = std::string_view(exchange.request().body),
                                               seed = context->random(), context, chat_template, status] {
    return prepare(body, seed, *context, chat_template, *status);
  };
  auto request = co_await run_on(context->work_pool, std::move(work));
  if (!request) co_return co_await respond(exchange, error_response(request.error()));
  const auto caller = context->keys.identify(exchange.request().headers);
  if (!caller) co_return co_await respond(exchange, error_response(caller.error()));
  if (const Status own = sign(request->generation, *caller); !own)
    co_return co_await respond(exchange, error_response(own.error()));

  const std::uint32_t n_choices = request->generation.n_choices;
  auto stream = context->gateway.submit(std::move(request->generation));
  if (!stream) co_return co_await respond(exchange, error_response(stream.error()));
  const ClientWatch watch(exchange, *stream);
  const Status accepted = co_await stream->accepted();
  if (!accepted) co_return co_await respond(exchange, error_response(accepted.error()));

  const auto created = std::chrono::floor<std::chrono::seconds>(context->now()).time_since_epoch().count();
  ChatHead head = make_head(context->random(), created, context->gateway.status().model_name);
  auto texts = texts_of(n_choices, request->tools, **chat_template, *context);
  if (request->stream) {
    ChatEvents events(std::move(head), request->include_usage);
    co_await answer_streaming(*context, exchange, *stream,
                              StreamedAnswer(std::move(events), std::move(texts)));
  } else {
    co_await answer_whole(context->gateway, exchange, *stream, WholeAnswer(std::move(texts)),
                          std::move(head));
  }
}

}  // namespace minerva::api::openai
