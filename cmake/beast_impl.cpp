// The bodies of Boost.Beast; cmake/asio.cmake says why they stand here.
#include <boost/beast/src.hpp>
