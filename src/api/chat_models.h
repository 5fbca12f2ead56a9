#pragma once
// The chat template of the model that serves now: made from its card, and made again when the card changes.
//
// Threads: the I/O thread; what `current` returns may be used on any.

#include <memory>
#include <string>

#include "base/error.h"
#include "chat/chat_template.h"
#include "gateway/gateway.h"

namespace minerva::api {

class ChatModels {
 public:
  // kNotReady, or what keeps the worker from serving, while there is no model; kTemplateFailed when the model's template
  // does not parse (logged once for each card).
  [[nodiscard]] Result<std::shared_ptr<const chat::ChatTemplate>> current(
      const gateway::GatewayStatus& status);

 private:
  struct Source {
    std::string text;
    std::string bos;
    std::string eos;

    friend bool operator==(const Source&, const Source&) = default;
  };

  std::unique_ptr<Source> source_;  // null: no model seen yet
  Result<std::shared_ptr<const chat::ChatTemplate>> template_;
};

}  // namespace minerva::api
