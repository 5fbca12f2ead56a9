#include "http/host_check.h"

#include <boost/asio/ip/address_v4.hpp>

#include <algorithm>

#include "http/message.h"

namespace minerva::http {

std::string_view host_without_port(std::string_view host_header) {
  const auto bracket = host_header.rfind(']');
  const auto colon = host_header.find(':', bracket == std::string_view::npos ? 0 : bracket);
  return host_header.substr(0, std::min(colon, host_header.size()));
}

bool names_loopback(std::string_view host_header) {
  const std::string_view host = host_without_port(host_header);
  if (equal_ignoring_case(host, "localhost") || host == "[::1]") return true;
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address_v4(host, error);
  return !error && address.is_loopback();
}

}  // namespace minerva::http
