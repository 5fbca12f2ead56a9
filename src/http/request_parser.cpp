#include "http/request_parser.h"

#include <fmt/format.h>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <utility>

#include "http/target.h"

namespace minerva::http {
namespace {

namespace beast = boost::beast;
using Field = beast::http::field;
using BeastError = beast::http::error;
using ErrorCodeOut = beast::error_code;

// A body's buffer grows with what arrives, so that a Content-Length alone reserves no more than this.
constexpr std::size_t kMaxReserve = 1024 * 1024;

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

Error bad(std::string message) {
  return {.code = ErrorCode::kInvalidRequest, .message = std::move(message), .field = {}};
}

std::string_view what_is_wrong(const ErrorCodeOut& error) {
  if (error == BeastError::bad_method) return "the method is not a token";
  if (error == BeastError::bad_target)
    return "the request target has characters that must be percent-encoded";
  if (error == BeastError::bad_version) return "the request line does not end with HTTP/1.1 or HTTP/1.0";
  if (error == BeastError::bad_field)
    return "a header's name has characters that are not allowed, or no ':' after it";
  if (error == BeastError::bad_value) return "a header's value has characters that are not allowed";
  if (error == BeastError::bad_line_ending) return "a line does not end with CR LF";
  if (error == BeastError::bad_obs_fold) return "a header's continuation line is malformed";
  if (error == BeastError::bad_content_length)
    return "Content-Length is not a number, or stands beside Transfer-Encoding";
  if (error == BeastError::multiple_content_length) return "there are several Content-Length headers";
  if (error == BeastError::bad_transfer_encoding)
    return "Transfer-Encoding is not 'chunked', or stands beside Content-Length";
  if (error == BeastError::bad_chunk) return "a chunk of the body has no valid size or end";
  if (error == BeastError::bad_chunk_extension) return "a chunk's extension is malformed";
  return "it does not follow the syntax of HTTP/1.1";
}

}  // namespace

class RequestParser::Impl final : public beast::http::basic_parser<true> {
 public:
  explicit Impl(const Limits& limits) : limits_(limits) {
    header_limit(static_cast<std::uint32_t>(std::min<std::uint64_t>(limits.max_header.value, UINT32_MAX)));
    body_limit(limits.max_body.value);
  }

  // What can wait unused between two calls is bounded too: the head by header_limit, a chunk's size line by the library (8 KiB).
  Result<std::size_t> feed(std::string_view bytes) {
    ErrorCodeOut error;
    const std::size_t used = is_done() ? 0 : put({bytes.data(), bytes.size()}, error);
    if (error && error != BeastError::need_more) return std::unexpected(explain(error));
    if (is_header_done()) eager(true);
    return used;
  }

  [[nodiscard]] ParseState state() const {
    if (is_done()) return ParseState::kDone;
    return is_header_done() ? ParseState::kBody : ParseState::kHead;
  }

  Request request;
  std::string encoded_path;
  bool http_1_0 = false;

 private:
  Error explain(const ErrorCodeOut& error) {
    if (own_error_) return *std::exchange(own_error_, std::nullopt);
    if (error == BeastError::header_limit || error == BeastError::header_field_name_too_large)
      return headers_too_large();
    if (error == BeastError::body_limit) {
      return {.code = ErrorCode::kBodyTooLarge,
              .message =
                  fmt::format("the body is larger than this server takes ({})", to_string(limits_.max_body)),
              .field = {}};
    }
    return bad(fmt::format("this is not a valid HTTP request: {}", what_is_wrong(error)));
  }

  [[nodiscard]] Error headers_too_large() const {
    return {.code = ErrorCode::kHeadersTooLarge,
            .message = fmt::format("the request's head is larger than this server takes ({})",
                                   to_string(limits_.max_header)),
            .field = {}};
  }

  // Ends the parse with an error of ours; the library's code only stops it.
  void stop(Error error, ErrorCodeOut& out) {
    own_error_ = std::move(error);
    out = BeastError::bad_field;
  }

  void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target, int version,
                       ErrorCodeOut& error) override {
    http_1_0 = version == 10;
    request.method = view(method);
    const auto parts = split_target(view(target));
    auto path = parts ? percent_decode(parts->path) : std::nullopt;
    if (!path || (*path == "*" && request.method != "OPTIONS"))
      return stop(
          bad("the request target is not a path that begins with '/' and is percent-encoded correctly"),
          error);
    request.path = *std::move(path);
    request.query = parts->query;
    encoded_path = parts->path;
  }

  void on_field_impl(Field field, beast::string_view name, beast::string_view value,
                     ErrorCodeOut& error) override {
    if (request.headers.size() >= limits_.max_headers) {
      return stop({.code = ErrorCode::kHeadersTooLarge,
                   .message = fmt::format("the request has more than {} headers", limits_.max_headers),
                   .field = {}},
                  error);
    }
    if (field == Field::host) ++n_hosts_;
    if (field == Field::transfer_encoding && (http_1_0 || !equal_ignoring_case(view(value), "chunked"))) {
      return stop(bad("the only Transfer-Encoding understood is 'chunked', in HTTP/1.1"), error);
    }
    request.headers.emplace_back(view(name), view(value));
  }

  // Trailers come after the request was routed; nothing here reads them, so they count and are dropped.
  void on_trailer_field_impl(Field, beast::string_view, beast::string_view, ErrorCodeOut& error) override {
    if (++n_trailers_ > limits_.max_headers) stop(headers_too_large(), error);
  }

  // RFC 9112, section 3.2: a 1.1 request has one Host, no request has two.
  void on_header_impl(ErrorCodeOut& error) override {
    if (n_hosts_ > 1 || (n_hosts_ == 0 && !http_1_0))
      stop(bad("the request needs exactly one Host header"), error);
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCodeOut&) override {
    if (length) request.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, kMaxReserve)));
  }

  std::size_t on_body_impl(beast::string_view body, ErrorCodeOut&) override {
    request.body += view(body);
    return body.size();
  }

  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body, ErrorCodeOut&) override {
    request.body += view(body);
    return body.size();
  }

  void on_chunk_header_impl(std::uint64_t, beast::string_view, ErrorCodeOut&) override {}
  void on_finish_impl(ErrorCodeOut&) override {}
  void on_response_impl(int, beast::string_view, int, ErrorCodeOut&) override {}

  const Limits limits_;
  std::uint32_t n_hosts_ = 0;
  std::uint32_t n_trailers_ = 0;
  std::optional<Error> own_error_;
};

RequestParser::RequestParser(const Limits& limits) : impl_(std::make_unique<Impl>(limits)) {}
RequestParser::~RequestParser() = default;
RequestParser::RequestParser(RequestParser&&) noexcept = default;

Result<std::size_t> RequestParser::feed(std::string_view bytes) { return impl_->feed(bytes); }
ParseState RequestParser::state() const { return impl_->state(); }
Request& RequestParser::request() { return impl_->request; }
std::string_view RequestParser::encoded_path() const { return impl_->encoded_path; }
bool RequestParser::is_http_1_0() const { return impl_->http_1_0; }
bool RequestParser::keep_alive() const { return impl_->keep_alive(); }

}  // namespace minerva::http
