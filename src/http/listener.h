#pragma once
// The sockets a server listens on.
//
// Threads: the I/O thread.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"

namespace minerva::http {

// Binds every address that `host` stands for (an address with or without brackets, or a name) and listens; port 0 takes a
// free one, the same for all. Blocks while a name is looked up. kAddressInUse with the address and what to do about it;
// kInvalidConfiguration for an unknown name, an address that is not this machine's, or a port that needs privileges.
[[nodiscard]] Result<std::vector<boost::asio::ip::tcp::acceptor>> listen(
    boost::asio::any_io_executor executor, std::string host, std::uint16_t port);

}  // namespace minerva::http
