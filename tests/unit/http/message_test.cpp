#include "http/message.h"

#include <gtest/gtest.h>

#include "http/host_check.h"
#include "http/request_id.h"
#include "http/response_head.h"
#include "http/target.h"

namespace minerva::http {
namespace {

TEST(Message, finds_the_first_header_of_a_name_in_any_case) {
  const Headers headers{{"Host", "a"}, {"X-Key", "1"}, {"x-key", "2"}};
  EXPECT_EQ(find_header(headers, "X-KEY"), "1");
  EXPECT_EQ(find_header(headers, "X-Ke"), std::nullopt);
  EXPECT_TRUE(equal_ignoring_case("aZ-[", "Az-["));
  EXPECT_FALSE(equal_ignoring_case("[", "{"));
}

TEST(Target, splits_path_and_query) {
  EXPECT_EQ(split_target("/a?b?c")->path, "/a");
  EXPECT_EQ(split_target("/a?b?c")->query, "b?c");
  EXPECT_EQ(split_target("http://host:1/a?b")->path, "/a");
  EXPECT_EQ(split_target("http://host")->path, "/");
  EXPECT_EQ(split_target("*")->path, "*");
  EXPECT_FALSE(split_target("host:443"));
  EXPECT_FALSE(split_target(""));
}

TEST(Target, decodes_percent_encoding_strictly) {
  EXPECT_EQ(percent_decode("/a%2fb%C3%A4+c"), "/a/b\xC3\xA4+c");
  for (const char* bad : {"%", "%4", "%4g", "%g4", "%00", "a%"}) EXPECT_FALSE(percent_decode(bad)) << bad;
}

TEST(HostCheck, knows_the_names_of_this_machine) {
  for (const char* host :
       {"localhost", "LocalHost:8080", "127.0.0.1", "127.0.0.1:1", "127.3.2.1", "[::1]", "[::1]:80"}) {
    EXPECT_TRUE(names_loopback(host)) << host;
  }
  for (const char* host :
       {"", "evil.example", "localhost.evil.example", "evil.example:8080", "10.0.0.1",
        "127.0.0.1.evil.example", "[::2]", "::1", "localhost@evil.example", "0.0.0.0", "127.1"}) {
    EXPECT_FALSE(names_loopback(host)) << host;
  }
}

TEST(RequestId, is_sane_when_it_fits_a_header_and_a_log_line) {
  EXPECT_TRUE(is_sane_request_id("a-Z_0.9"));
  EXPECT_TRUE(is_sane_request_id(std::string(128, 'a')));
  for (const std::string& bad :
       {std::string{}, std::string(129, 'a'), std::string{"a b"}, std::string{"a\nb"}, std::string{"ä"}}) {
    EXPECT_FALSE(is_sane_request_id(bad)) << bad;
  }
}

TEST(RequestId, is_new_each_time) {
  const std::string id = make_request_id();
  EXPECT_EQ(id.size(), 36U);
  EXPECT_TRUE(id.starts_with("req_"));
  EXPECT_TRUE(is_sane_request_id(id));
  EXPECT_NE(id, make_request_id());
}

TEST(ResponseHead, writes_dates_as_the_standard_shows_them) {
  using namespace std::chrono_literals;
  EXPECT_EQ(http_date(std::chrono::system_clock::time_point{784111777s}), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(std::chrono::system_clock::time_point{0s}), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(ResponseHead, lets_no_value_forge_a_header) {
  const std::string head = serialize({.content_type = "text/plain", .request_id = "id"},
                                     {{"X-Good", "1"}, {"X-Bad", "1\r\nSet-Cookie: a"}, {"X\n", "2"}});
  EXPECT_NE(head.find("X-Good: 1\r\n"), std::string::npos);
  EXPECT_EQ(head.find("Set-Cookie"), std::string::npos);
  EXPECT_EQ(head.find("X\n"), std::string::npos);
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
}

}  // namespace
}  // namespace minerva::http
