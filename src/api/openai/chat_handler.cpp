#include "api/openai/chat_handler.h"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "api/admission_fields.h"
#include "api/openai/chat_answer.h"
#include "api/openai/chat_request.h"
#include "api/openai/chat_response.h"
#include "api/openai/errors.h"
#include "api/paced_stream.h"
#include "api/run_on.h"
#include "base/log.h"

namespace minerva::api::openai {
namespace {

namespace asio = boost::asio;
using Template = Result<std::shared_ptr<const chat::ChatTemplate>>;

// On the work pool. The body's faults come before the server's: a client can do something about them now.
Result<ChatRequest> prepare(std::string_view body, std::uint64_t random_seed, const Template& chat_template,
                            const gateway::GatewayStatus& status) {
  auto request = read_chat_request(body, random_seed);
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

asio::awaitable<void> answer_whole(gateway::Gateway& gateway, http::Exchange& exchange,
                                   gateway::TokenStream& stream, AnswerText text, ChatHead head) {
  Answer answer;
  for (;;) {
    gateway::StreamEvent event = co_await stream.next();
    if (const auto* delta = std::get_if<gateway::TextDelta>(&event)) {
      answer.add(text.feed(delta->text));
      std::ranges::copy(delta->probabilities, std::back_inserter(answer.probabilities));
      if (text.done()) stream.end_early();
    } else if (const auto* error = std::get_if<Error>(&event)) {
      co_return co_await respond(exchange, error_response(*error));
    } else {
      const auto& finished = std::get<gateway::Finished>(event);
      answer.add(text.finish());
      http::Response response;
      response.body = completion_body(head, answer, finished, gateway.status().card);
      co_return co_await respond(exchange, std::move(response));
    }
  }
}

// The bytes of one event, none while text is held back; nothing means a beat of silence.
std::string render(const std::optional<gateway::StreamEvent>& event, AnswerText& text,
                   const ChatEvents& events, const gateway::Gateway& gateway) {
  if (!event) return std::string(kKeepAlive);
  if (const auto* delta = std::get_if<gateway::TextDelta>(&*event)) {
    return events.deltas(text.feed(delta->text), delta->probabilities);
  }
  const std::string rest = events.deltas(text.finish(), {});
  if (const auto* error = std::get_if<Error>(&*event)) return rest + error_event(*error);
  const auto& finished = std::get<gateway::Finished>(*event);
  return rest + events.end(finished, text.has_calls(), gateway.status().card);
}

bool is_terminal(const std::optional<gateway::StreamEvent>& event) {
  return event && !std::holds_alternative<gateway::TextDelta>(*event);
}

asio::awaitable<void> write_events(gateway::Gateway& gateway, http::StreamingResponse& response,
                                   gateway::TokenStream& stream, PacedStream& paced, AnswerText text,
                                   ChatEvents events) {
  std::string bytes = events.role(text.may_call());
  for (bool ended = false;;) {
    const Status written = bytes.empty() ? Status{} : co_await response.write(std::move(bytes));
    if (!written) {
      log::debug("api", "a stream was cut: {}", written.error().message);
      paced.close();
      co_return;
    }
    if (ended) co_return;
    const auto event = co_await paced.next();
    ended = is_terminal(event);
    bytes = render(event, text, events, gateway);
    if (text.done()) stream.end_early();
  }
}

asio::awaitable<void> answer_streaming(std::shared_ptr<ApiContext> context, http::Exchange& exchange,
                                       gateway::TokenStream& stream, AnswerText text, ChatEvents events) {
  const auto response = co_await exchange.stream(http::StreamKind::kServerSentEvents, {});
  if (!response) co_return;
  PacedStream paced(co_await asio::this_coro::executor, stream, context->keep_alive);
  using asio::experimental::awaitable_operators::operator&&;
  co_await (paced.pump() &&
            write_events(context->gateway, **response, stream, paced, std::move(text), std::move(events)));
}

}  // namespace

asio::awaitable<void> handle_chat_completion(std::shared_ptr<ApiContext> context, http::Exchange& exchange) {
  const auto status = std::make_shared<const gateway::GatewayStatus>(context->gateway.status());
  const Template chat_template = context->chat_models.current(*status);
  std::function<Result<ChatRequest>()> work = [body = std::string_view(exchange.request().body),
                                               seed = context->random(), chat_template, status] {
    return prepare(body, seed, chat_template, *status);
  };
  auto request = co_await run_on(context->work_pool, std::move(work));
  if (!request) co_return co_await respond(exchange, error_response(request.error()));
  const auto caller = context->keys.identify(exchange.request().headers);
  if (!caller) co_return co_await respond(exchange, error_response(caller.error()));
  if (const Status own = sign(request->generation, *caller); !own)
    co_return co_await respond(exchange, error_response(own.error()));

  auto stream = context->gateway.submit(std::move(request->generation));
  if (!stream) co_return co_await respond(exchange, error_response(stream.error()));
  const ClientWatch watch(exchange, *stream);
  const Status accepted = co_await stream->accepted();
  if (!accepted) co_return co_await respond(exchange, error_response(accepted.error()));

  const auto created = std::chrono::floor<std::chrono::seconds>(context->now()).time_since_epoch().count();
  ChatHead head = make_head(context->random(), created, context->gateway.status().model_name);
  AnswerText text(request->tools, **chat_template, context->random);
  if (request->stream) {
    co_await answer_streaming(context, exchange, *stream, std::move(text),
                              ChatEvents(std::move(head), request->include_usage));
  } else {
    co_await answer_whole(context->gateway, exchange, *stream, std::move(text), std::move(head));
  }
}

}  // namespace minerva::api::openai
