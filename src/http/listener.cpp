#include "http/listener.h"

#include <fmt/format.h>

#include <boost/asio/ip/v6_only.hpp>

#include <cerrno>
#include <optional>
#include <utility>

namespace minerva::http {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using SystemError = boost::system::error_code;

std::string without_brackets(std::string host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') return host.substr(1, host.size() - 2);
  return host;
}

std::string to_text(const tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", address, endpoint.port())
                                    : fmt::format("{}:{}", address, endpoint.port());
}

Error explain(const tcp::endpoint& endpoint, const SystemError& error) {
  const std::string where = to_text(endpoint);
  const auto port = endpoint.port();
  if (error == asio::error::address_in_use) {
    return {.code = ErrorCode::kAddressInUse,
            .message = fmt::format(
                "{} is in use by another program; choose another port with --port, or stop the program "
                "that has it (to find it: ss -ltnp 'sport = :{}')",
                where, port),
            .field = "--port"};
  }
  if (error == asio::error::access_denied) {
    return {.code = ErrorCode::kInvalidConfiguration,
            .message = fmt::format(
                "listening on {} needs privileges that this program does not have; choose a port from "
                "1024 up with --port",
                where),
            .field = "--port"};
  }
  if (error == SystemError(EADDRNOTAVAIL, boost::system::system_category())) {
    return {.code = ErrorCode::kInvalidConfiguration,
            .message = fmt::format(
                "{} is not an address of this machine; use --host 127.0.0.1 for this machine only, or "
                "--host 0.0.0.0 for all of its addresses",
                endpoint.address().to_string()),
            .field = "--host"};
  }
  return {.code = ErrorCode::kInvalidConfiguration,
          .message = fmt::format("cannot listen on {}: {}", where, error.message()),
          .field = "--host"};
}

Result<std::vector<tcp::endpoint>> resolve(const asio::any_io_executor& executor, const std::string& host,
                                           std::uint16_t port) {
  SystemError error;
  const auto address = asio::ip::make_address(host, error);
  if (!error) return std::vector{tcp::endpoint{address, port}};
  const auto found = tcp::resolver{executor}.resolve(host, "", tcp::resolver::passive, error);
  if (error || found.empty()) {
    return fail(ErrorCode::kInvalidConfiguration,
                fmt::format("the host '{}' is neither an address nor a name this machine can resolve ({})",
                            host, error.message()),
                "--host");
  }
  std::vector<tcp::endpoint> endpoints;
  for (const auto& entry : found) endpoints.emplace_back(entry.endpoint().address(), port);
  return endpoints;
}

std::expected<tcp::acceptor, SystemError> bind_one(const asio::any_io_executor& executor,
                                                   const tcp::endpoint& endpoint) {
  tcp::acceptor acceptor(executor);
  SystemError error;
  acceptor.open(endpoint.protocol(), error);
  if (error) return std::unexpected(error);
  acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (endpoint.address().is_v6()) {
    // "::" takes IPv4 too, as people expect of "all addresses"; another one is just itself.
    acceptor.set_option(asio::ip::v6_only(!endpoint.address().is_unspecified()), error);
  }
  acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return std::unexpected(error);
  return acceptor;
}

// A name may stand for an address family that this machine has switched off.
bool is_absent(const SystemError& error) {
  return error == asio::error::address_family_not_supported ||
         error == SystemError(EADDRNOTAVAIL, boost::system::system_category());
}

}  // namespace

Result<std::vector<tcp::acceptor>> listen(asio::any_io_executor executor, std::string host,
                                          std::uint16_t port) {
  auto endpoints = resolve(executor, without_brackets(std::move(host)), port);
  if (!endpoints) return std::unexpected(std::move(endpoints.error()));
  std::vector<tcp::acceptor> acceptors;
  std::optional<Error> absent;
  for (tcp::endpoint& endpoint : *endpoints) {
    if (!acceptors.empty()) endpoint.port(acceptors.front().local_endpoint().port());
    auto acceptor = bind_one(executor, endpoint);
    if (acceptor) {
      acceptors.push_back(*std::move(acceptor));
    } else if (is_absent(acceptor.error())) {
      absent = explain(endpoint, acceptor.error());
    } else {
      return std::unexpected(explain(endpoint, acceptor.error()));
    }
  }
  if (acceptors.empty()) return std::unexpected(*std::move(absent));
  return acceptors;
}

}  // namespace minerva::http
