#pragma once
// Method and path to handler. Patterns are exact, or have segments `{}` that take one segment, or end in `{*}` that takes the rest.
//
// Where several patterns fit a path, the one that is exact for longer wins, whatever the order of adding.
//
// Threads: built before the server starts, then read only.

#include <string>
#include <string_view>
#include <vector>

#include "http/exchange.h"

namespace minerva::http {

struct RouteMatch {
  const Handler* handler = nullptr;   // null: no such path, or no such method (then `allowed` is not empty)
  std::vector<std::string> captures;  // decoded; one for each {} and {*}
  std::vector<std::string> allowed;   // methods that this path has, OPTIONS always among them
};

class Router {
 public:
  // `method` in upper case; `pattern` begins with '/'. The same pair twice is our bug.
  void add(std::string method, std::string pattern, Handler handler);

  // `path` as it came, percent-encoded: it is cut at '/' before it is decoded, so that %2F stays within its segment.
  // HEAD is served by GET's handler.
  [[nodiscard]] RouteMatch match(std::string_view method, std::string_view path) const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> segments;
    Handler handler;
  };
  std::vector<Route> routes_;
};

}  // namespace minerva::http
