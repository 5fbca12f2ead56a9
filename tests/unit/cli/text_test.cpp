#include <gtest/gtest.h>

#include "cli/model_text.h"
#include "cli/server_url.h"
#include "cli/service_plan.h"
#include "cli/terminal.h"

namespace minerva::cli {
namespace {

TEST(CountText, RoundsToOneDigit) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(312'000), "312.0K");
  EXPECT_EQ(count_text(999'960), "1.0M");
  EXPECT_EQ(count_text(258'500'000), "258.5M");
  EXPECT_EQ(count_text(7'240'000'000), "7.2B");
}

TEST(ContextText, SaysHowItIsShared) {
  wire::ModelCard card;
  card.n_ctx = card.n_ctx_sequence = 4096;
  card.n_parallel = 1;
  EXPECT_EQ(context_text(card), "4096 tokens, one request at a time");
  card.n_ctx = 16384;
  card.n_parallel = 4;
  EXPECT_EQ(context_text(card), "16384 tokens: 4 requests at once, 4096 each");
  card.cache_type_k = card.cache_type_v = "f16";
  EXPECT_EQ(context_text(card), "16384 tokens: 4 requests at once, 4096 each");
  card.cache_type_k = card.cache_type_v = "bf16";
  EXPECT_EQ(context_text(card), "16384 tokens as bf16: 4 requests at once, 4096 each");
  card.cache_type_v = "q8_0";
  EXPECT_EQ(context_text(card), "16384 tokens as bf16 and q8_0: 4 requests at once, 4096 each");
}

TEST(ProgressBar, FillsFromTheLeftAndStaysWithinItsEnds) {
  EXPECT_EQ(progress_bar(0.0F, 10), "[..........]   0 %");
  EXPECT_EQ(progress_bar(0.55F, 10), "[#####.....]  55 %");
  EXPECT_EQ(progress_bar(1.0F, 10), "[##########] 100 %");
  EXPECT_EQ(progress_bar(7.0F, 10), "[##########] 100 %");
  EXPECT_EQ(progress_bar(-1.0F, 10), "[..........]   0 %");
}

TEST(UrlOf, BracketsIpv6AndNamesAnAddressThatCanBeReached) {
  EXPECT_EQ(url_of("127.0.0.1", 8080), "http://127.0.0.1:8080");
  EXPECT_EQ(url_of("0.0.0.0", 80), "http://127.0.0.1:80");
  EXPECT_EQ(url_of("::1", 80), "http://[::1]:80");
  EXPECT_EQ(url_of("[::1]", 80), "http://[::1]:80");
}

TEST(ServerUrl, TakesWhatPeopleWrite) {
  const auto is = [](std::string_view text, std::string_view host, int port) {
    const auto url = parse_server_url(text);
    return url && url->host == host && url->port == port;
  };
  EXPECT_TRUE(is("http://127.0.0.1:8080", "127.0.0.1", 8080));
  EXPECT_TRUE(is("http://127.0.0.1:8080/v1/", "127.0.0.1", 8080));
  EXPECT_TRUE(is("http://example.org", "example.org", 80));
  EXPECT_TRUE(is("box:9000", "box", 9000));
  EXPECT_TRUE(is("box", "box", 8080));
  EXPECT_TRUE(is("http://[::1]:8080", "::1", 8080));
  EXPECT_TRUE(is("http://[::1]", "::1", 80));
}

TEST(ServerUrl, RefusesTheRest) {
  for (const char* text : {"https://box", "", "http://", "http://box:0", "http://box:99999",
                           "http://box:port", "http://box/path/x", "http://user@box", "http://box?x"}) {
    EXPECT_FALSE(parse_server_url(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace minerva::cli
