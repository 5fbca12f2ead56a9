#include "api/chat_models.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"

namespace minerva::api {
namespace {

Error no_model(const gateway::GatewayStatus& status) {
  if (status.worker == gateway::WorkerState::kFailed && status.last_error) return *status.last_error;
  return {.code = ErrorCode::kNotReady,
          .message = fmt::format("the model is still loading ({:.0f} %); try again shortly",
                                 status.load_fraction * 100.0F),
          .field = {},
          .retry_after_s = 1};
}

Result<std::shared_ptr<const chat::ChatTemplate>> make_template(const wire::ModelCard& card) {
  auto made = chat::ChatTemplate::make(card.chat_template, card.bos_text, card.eos_text);
  if (!made) {
    log::error("api", "the chat template of {} cannot be used: {}", card.name, made.error().message);
    return std::unexpected(std::move(made.error()));
  }
  if (made->facts().is_default) {
    log::warn("api", "{} has no chat template; ChatML is used, which may not be what it was trained on",
              card.name);
  }
  return std::make_shared<const chat::ChatTemplate>(std::move(*made));
}

}  // namespace

Result<std::shared_ptr<const chat::ChatTemplate>> ChatModels::current(const gateway::GatewayStatus& status) {
  if (!status.card) return std::unexpected(no_model(status));
  const wire::ModelCard& card = *status.card;
  Source source{.text = card.chat_template, .bos = card.bos_text, .eos = card.eos_text};
  if (!source_ || *source_ != source) {
    template_ = make_template(card);
    source_ = std::make_unique<Source>(std::move(source));
  }
  return template_;
}

}  // namespace minerva::api
