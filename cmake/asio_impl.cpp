// The bodies of Boost.Asio; cmake/asio.cmake says why they stand here.
#include <boost/asio/impl/src.hpp>
