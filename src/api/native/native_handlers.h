#pragma once
// Minerva's own endpoints: whether it is alive, whether it is ready, what it is.
//
// Threads: the I/O thread.

#include <boost/asio/awaitable.hpp>

#include <memory>

#include "api/api_context.h"
#include "http/exchange.h"

namespace minerva::api::native {

// Always 200 while the gateway lives. The detail is for whoever has a key; others get the one word.
[[nodiscard]] boost::asio::awaitable<void> handle_health(std::shared_ptr<ApiContext> context,
                                                         http::Exchange& exchange);
// 200, or 503 with the reason and Retry-After.
[[nodiscard]] boost::asio::awaitable<void> handle_ready(std::shared_ptr<ApiContext> context,
                                                        http::Exchange& exchange);
// Prometheus' text format; see docs/metrics.md.
[[nodiscard]] boost::asio::awaitable<void> handle_metrics(std::shared_ptr<ApiContext> context,
                                                          http::Exchange& exchange);
[[nodiscard]] boost::asio::awaitable<void> handle_version(std::shared_ptr<ApiContext> context,
                                                          http::Exchange& exchange);
// Names the endpoints, for whoever opens the address in a browser.
[[nodiscard]] boost::asio::awaitable<void> handle_root(std::shared_ptr<ApiContext> context,
                                                       http::Exchange& exchange);

}  // namespace minerva::api::native
