#include "http/router.h"

#include <gtest/gtest.h>

#include <vector>

namespace minerva::http {
namespace {

boost::asio::awaitable<void> nothing(Exchange&) { co_return; }

using Strings = std::vector<std::string>;

Router example() {
  Router router;
  router.add("GET", "/", nothing);
  router.add("GET", "/v1/models", nothing);
  router.add("GET", "/v1/models/{*}", nothing);
  router.add("GET", "/v1/models/{}", nothing);
  router.add("DELETE", "/v1/models/{}", nothing);
  router.add("GET", "/v1/models/default", nothing);
  router.add("GET", "/v1/threads/{}/messages/{}", nothing);
  router.add("POST", "/v1/chat", nothing);
  return router;
}

TEST(Router, finds_exact_paths_and_nothing_else) {
  const Router router = example();
  EXPECT_NE(router.match("GET", "/").handler, nullptr);
  EXPECT_NE(router.match("GET", "/v1/models").handler, nullptr);
  for (const char* path :
       {"/v1", "/v1/", "/v1/model", "/v1/modelss", "//v1/models", "/V1/models", "/v1/chat/", ""}) {
    EXPECT_EQ(router.match("GET", path).handler, nullptr) << path;
    EXPECT_TRUE(router.match("GET", path).allowed.empty()) << path;
  }
}

TEST(Router, captures_segments_and_decodes_them) {
  const Router router = example();
  EXPECT_EQ(router.match("GET", "/v1/threads/a%20b/messages/7").captures, (Strings{"a b", "7"}));
  EXPECT_EQ(router.match("GET", "/v1/models/org%2Fname").captures, Strings{"org/name"});
  EXPECT_EQ(router.match("GET", "/v1/models/org/name").captures, Strings{"org/name"});
  EXPECT_EQ(router.match("GET", "/v1/threads//messages/7").handler, nullptr) << "{} takes no empty segment";
}

TEST(Router, prefers_the_more_exact_pattern_whatever_the_order) {
  const Router router = example();
  EXPECT_TRUE(router.match("GET", "/v1/models/default").captures.empty());
  EXPECT_EQ(router.match("DELETE", "/v1/models/default").captures, Strings{"default"});
}

TEST(Router, tells_which_methods_a_path_has) {
  const Router router = example();
  const RouteMatch wrong = router.match("PUT", "/v1/models/default");
  EXPECT_EQ(wrong.handler, nullptr);
  EXPECT_EQ(wrong.allowed, (Strings{"GET", "HEAD", "DELETE", "OPTIONS"}));
  EXPECT_EQ(router.match("GET", "/v1/chat").allowed, (Strings{"POST", "OPTIONS"}));
}

TEST(Router, serves_head_with_the_handler_of_get) {
  const Router router = example();
  EXPECT_EQ(router.match("HEAD", "/").handler, router.match("GET", "/").handler);
  EXPECT_EQ(router.match("HEAD", "/v1/chat").handler, nullptr);
}

}  // namespace
}  // namespace minerva::http
