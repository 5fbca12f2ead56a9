#pragma once
// Requests and responses as the rooms above see them; nothing of the HTTP library shows here.
//
// Threads: values.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace minerva::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

// ASCII letters only, as RFC 9110 compares names.
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);

// The value of the first header with this name (compared without case).
[[nodiscard]] std::optional<std::string_view> find_header(const Headers& headers, std::string_view name);

struct Request {
  std::string method;  // upper case
  std::string path;    // percent-decoded, without the query
  std::string query;   // after '?', as it came
  Headers headers;
  std::string body;
  std::string id;                     // x-request-id: the client's if it is sane, else ours
  std::string remote;                 // "address:port"
  std::vector<std::string> captures;  // what the route's {} took from the path, decoded
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  Headers headers;  // beyond content-type, content-length, date, x-request-id
};

}  // namespace minerva::http
