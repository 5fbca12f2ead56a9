#pragma once
// The API as a client meets it, with the test as the worker: real routes, HTTP server and gateway in a thread of their
// own, and the worker's end of the socket in the test's hands. Nothing happens until the test says so, and every wait is
// for a message.
//
// Threads: the test's.

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "api/api_context.h"
#include "gateway/gateway.h"
#include "http/client.h"
#include "http/server.h"
#include "wire/channel.h"

namespace minerva::api {

struct StageOptions {
  ApiOptions api;
  std::uint32_t max_queue = 64;
  bool load = true;  // false: the worker has only greeted
  // The model's. The template shows roles and contents, and knows no tools.
  std::string chat_template = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}";
  std::vector<wire::ControlToken> control_tokens{};
};

class ApiStage {
 public:
  explicit ApiStage(StageOptions options = {});
  ~ApiStage();
  ApiStage(const ApiStage&) = delete;
  ApiStage& operator=(const ApiStage&) = delete;

  // --- the client

  // Begins a request; the body of a stream comes whole, as its bytes.
  [[nodiscard]] std::future<http::ClientResponse> begin(http::ClientRequest request,
                                                        std::stop_token stop = {}) const;
  [[nodiscard]] std::future<http::ClientResponse> chat(std::string body, std::stop_token stop = {}) const;
  [[nodiscard]] http::ClientResponse get(std::string path, http::Headers headers = {}) const;

  // --- the worker

  [[nodiscard]] wire::GenerationSpec next_submit();
  [[nodiscard]] std::uint64_t next_cancel();
  void report(std::vector<wire::SequenceEvent> events);
  void die();

 private:
  class Launcher;

  template <typename T>
  T next_message();
  boost::asio::awaitable<void> stop();

  boost::asio::io_context io_;
  std::shared_ptr<Launcher> launcher_;
  gateway::Gateway gateway_;
  std::optional<http::Server> server_;
  std::unique_ptr<wire::Channel> worker_;
  std::thread thread_;
};

}  // namespace minerva::api
