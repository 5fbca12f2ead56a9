#include "http/request_parser.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <vector>

namespace minerva::http {
namespace {

constexpr std::string_view kSized =
    "POST /v1/x%20y?a=1&b HTTP/1.1\r\nHost: localhost\r\nX-One:  spaced \r\nContent-Length: "
    "11\r\n\r\nhello\r\nbody";
constexpr std::string_view kChunked =
    "POST /v1/x%20y?a=1&b HTTP/1.1\r\nHost: localhost\r\nX-One: spaced\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5;name=value\r\nhello\r\n6\r\n\r\nbody\r\n0\r\nX-Trailer: dropped\r\n\r\n";

// Gives the pieces one after another, keeping what a piece left unused, as a connection does.
Status feed_all(RequestParser& parser, const std::vector<std::string_view>& pieces) {
  std::string waiting;
  for (const std::string_view piece : pieces) {
    waiting += piece;
    for (std::size_t used = 1; used > 0 && parser.state() != ParseState::kDone;) {
      const auto result = parser.feed(waiting);
      if (!result) return std::unexpected(result.error());
      used = *result;
      waiting.erase(0, used);
    }
  }
  return {};
}

void expect_the_request(RequestParser& parser) {
  ASSERT_EQ(parser.state(), ParseState::kDone);
  const Request& request = parser.request();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/v1/x y");
  EXPECT_EQ(parser.encoded_path(), "/v1/x%20y");
  EXPECT_EQ(request.query, "a=1&b");
  EXPECT_EQ(find_header(request.headers, "x-one"), "spaced");
  EXPECT_FALSE(find_header(request.headers, "x-trailer"));
  EXPECT_EQ(request.body, "hello\r\nbody");
  EXPECT_TRUE(parser.keep_alive());
}

TEST(RequestParser, reads_the_same_request_wherever_it_is_split) {
  for (const std::string_view text : {kSized, kChunked}) {
    for (std::size_t at = 0; at <= text.size(); ++at) {
      RequestParser parser{Limits{}};
      ASSERT_TRUE(feed_all(parser, {text.substr(0, at), text.substr(at)})) << "split at " << at;
      expect_the_request(parser);
    }
  }
}

TEST(RequestParser, reads_a_request_that_comes_byte_by_byte) {
  for (const std::string_view text : {kSized, kChunked}) {
    std::vector<std::string_view> bytes;
    for (std::size_t at = 0; at < text.size(); ++at) bytes.push_back(text.substr(at, 1));
    RequestParser parser{Limits{}};
    ASSERT_TRUE(feed_all(parser, bytes));
    expect_the_request(parser);
  }
}

TEST(RequestParser, stops_at_the_end_of_the_head_and_of_the_request) {
  const std::string text = fmt::format("{}GET / HTTP/1.1\r\n", kSized);
  RequestParser parser{Limits{}};
  const auto head = parser.feed(text);
  ASSERT_TRUE(head);
  EXPECT_EQ(parser.state(), ParseState::kBody);
  EXPECT_EQ(*head, kSized.find("\r\n\r\n") + 4);
  const auto body = parser.feed(std::string_view{text}.substr(*head));
  ASSERT_TRUE(body);
  EXPECT_EQ(*head + *body, kSized.size());
  expect_the_request(parser);
}

TEST(RequestParser, takes_the_absolute_form_of_a_target) {
  RequestParser parser{Limits{}};
  ASSERT_TRUE(parser.feed("GET http://localhost:80/a?b HTTP/1.1\r\nHost: localhost:80\r\n\r\n"));
  EXPECT_EQ(parser.state(), ParseState::kDone);
  EXPECT_EQ(parser.request().path, "/a");
  EXPECT_EQ(parser.request().query, "b");
}

TEST(RequestParser, knows_from_version_and_header_whether_the_connection_stays) {
  struct Case {
    std::string_view head;
    bool keeps;
  };
  for (const auto& [head, keeps] : std::vector<Case>{
           {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true},
           {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false},
           {"GET / HTTP/1.0\r\n\r\n", false},
           {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
       }) {
    RequestParser parser{Limits{}};
    ASSERT_TRUE(parser.feed(head));
    EXPECT_EQ(parser.keep_alive(), keeps) << head;
  }
}

struct Refused {
  std::string_view name;
  std::string bytes;
  ErrorCode code;
  std::string_view says;
};

class RefusedRequest : public testing::TestWithParam<Refused> {};

TEST_P(RefusedRequest, is_an_error_that_says_what_is_wrong) {
  Limits limits;
  limits.max_body = Bytes{16};
  limits.max_header = Bytes{512};
  limits.max_headers = 4;
  RequestParser parser{limits};
  const Status status = feed_all(parser, {GetParam().bytes});
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, GetParam().code) << status.error().message;
  EXPECT_NE(status.error().message.find(GetParam().says), std::string::npos) << status.error().message;
}

std::string post(std::string_view headers, std::string_view body = {}) {
  return fmt::format("POST / HTTP/1.1\r\nHost: a\r\n{}\r\n{}", headers, body);
}

constexpr auto kBad = ErrorCode::kInvalidRequest;

INSTANTIATE_TEST_SUITE_P(
    All, RefusedRequest,
    testing::Values(
        Refused{"method", "GE(T / HTTP/1.1\r\nHost: a\r\n\r\n", kBad, "method"},
        Refused{"target", "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", kBad, "target"},
        Refused{"relative", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", kBad, "begins with '/'"},
        Refused{"percent", "GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n", kBad, "percent-encoded"},
        Refused{"nul", "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", kBad, "percent-encoded"},
        Refused{"asterisk", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", kBad, "begins with '/'"},
        Refused{"version", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", kBad, "HTTP/1.1"},
        Refused{"no_version", "GET /\r\nHost: a\r\n\r\n", kBad, "HTTP"},
        Refused{"tls", std::string{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11}, kBad, "method"},
        Refused{"no_host", "GET / HTTP/1.1\r\n\r\n", kBad, "Host"},
        Refused{"two_hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", kBad, "Host"},
        Refused{"name", "GET / HTTP/1.1\r\nHo st: a\r\n\r\n", kBad, "name"},
        Refused{"value", "GET / HTTP/1.1\r\nHost: a\x01\r\n\r\n", kBad, "value"},
        Refused{"line_end", "GET / HTTP/1.1\r\nHost: a\nB: c\r\n\r\n", kBad, "header"},
        Refused{"length", post("Content-Length: five\r\n"), kBad, "Content-Length"},
        Refused{"negative", post("Content-Length: -1\r\n"), kBad, "Content-Length"},
        Refused{"huge_length", post("Content-Length: 99999999999999999999999\r\n"), kBad, "Content-Length"},
        Refused{"two_lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n"), kBad, "Content-Length"},
        Refused{"length_and_chunks", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), kBad,
                "Transfer-Encoding"},
        Refused{"chunks_and_length", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), kBad,
                "Content-Length"},
        Refused{"gzip", post("Transfer-Encoding: gzip, chunked\r\n"), kBad, "chunked"},
        Refused{"chunked_1_0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", kBad, "HTTP/1.1"},
        Refused{"chunk_size", post("Transfer-Encoding: chunked\r\n", "xyz\r\n"), kBad, "chunk"},
        Refused{"chunk_end", post("Transfer-Encoding: chunked\r\n", "2\r\nabcd\r\n0\r\n\r\n"), kBad, "chunk"},
        Refused{"chunk_extension", post("Transfer-Encoding: chunked\r\n", "2;" + std::string(10000, 'e')),
                kBad, "extension"},
        Refused{"body", post("Content-Length: 17\r\n"), ErrorCode::kBodyTooLarge, "16 B"},
        Refused{"chunks", post("Transfer-Encoding: chunked\r\n", "9\r\n123456789\r\n9\r\n123456789\r\n"),
                ErrorCode::kBodyTooLarge, "16 B"},
        Refused{"chunk_overflow", post("Transfer-Encoding: chunked\r\n", "ffffffffffffffff\r\n"),
                ErrorCode::kBodyTooLarge, "16 B"},
        Refused{"long_line", "GET /" + std::string(600, 'a'), ErrorCode::kHeadersTooLarge, "512 B"},
        Refused{"long_head", "GET / HTTP/1.1\r\nHost: a\r\nB: " + std::string(500, 'b'),
                ErrorCode::kHeadersTooLarge, "512 B"},
        Refused{"many", "GET / HTTP/1.1\r\nHost: a\r\nB: 1\r\nB: 2\r\nB: 3\r\nB: 4\r\n\r\n",
                ErrorCode::kHeadersTooLarge, "more than 4"}),
    [](const auto& refused) { return std::string{refused.param.name}; });

}  // namespace
}  // namespace minerva::http
