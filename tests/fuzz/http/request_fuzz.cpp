// Any bytes as a request: the parser never crashes, keeps its limits, and understands the same wherever the bytes are split.
// The first byte of the input says where that is.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/request_parser.h"

namespace {

using minerva::Bytes;
using minerva::http::Limits;
using minerva::http::ParseState;
using minerva::http::RequestParser;

constexpr Limits kLimits{.max_body = Bytes{256}, .max_header = Bytes{512}, .max_headers = 8};

struct Outcome {
  std::string error;  // its text; empty when there was none
  ParseState state = ParseState::kHead;
  std::string understood;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// False when the parser refused.
bool feed(RequestParser& parser, std::string& waiting, Outcome& outcome) {
  for (std::size_t used = 1; used > 0 && parser.state() != ParseState::kDone;) {
    const auto result = parser.feed(waiting);
    if (!result) {
      outcome.error = to_string(result.error());
      return false;
    }
    used = *result;
    waiting.erase(0, used);
  }
  return true;
}

Outcome parse(std::string_view first, std::string_view second) {
  RequestParser parser{kLimits};
  Outcome outcome;
  std::string waiting{first};
  if (feed(parser, waiting, outcome)) {
    waiting += second;
    feed(parser, waiting, outcome);
  }
  if (!outcome.error.empty()) return outcome;
  outcome.state = parser.state();
  if (outcome.state == ParseState::kHead) return outcome;
  const auto& request = parser.request();
  outcome.understood = request.method + ' ' + request.path + '?' + request.query + '\n' + request.body;
  for (const auto& [name, value] : request.headers) outcome.understood += '\n' + name + ':' + value;
  if (request.body.size() > kLimits.max_body.value || request.headers.size() > kLimits.max_headers)
    std::abort();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
  const std::size_t at = data[0] % (text.size() + 1);
  const Outcome whole = parse(text, {});
  const Outcome split = parse(text.substr(0, at), text.substr(at));
  if (!(whole == split)) std::abort();
  return 0;
}
