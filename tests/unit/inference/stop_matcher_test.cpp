#include "inference/stop_matcher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace minerva::inference {
namespace {

struct Delivered {
  std::string text;
  std::optional<std::string> stop;
  friend bool operator==(const Delivered&, const Delivered&) = default;
};

// What the header promises, without any cleverness: the first byte at which some stop string is complete.
Delivered reference(const std::string& text, const std::vector<std::string>& stops) {
  for (std::size_t end = 1; end <= text.size(); ++end) {
    const std::string_view seen = std::string_view{text}.substr(0, end);
    const std::string* longest = nullptr;
    for (const std::string& stop : stops) {
      if (!stop.empty() && seen.ends_with(stop) && (longest == nullptr || stop.size() > longest->size()))
        longest = &stop;
    }
    if (longest != nullptr) return {.text = text.substr(0, end - longest->size()), .stop = *longest};
  }
  return {.text = text, .stop = std::nullopt};
}

Delivered deliver(const std::vector<std::string>& pieces, const std::vector<std::string>& stops) {
  StopMatcher matcher{stops};
  Delivered delivered;
  for (const std::string& piece : pieces) {
    auto [text, stop] = matcher.feed(piece);
    delivered.text += text;
    if (stop) {
      delivered.stop = stop;
      return delivered;
    }
  }
  delivered.text += matcher.finish();
  return delivered;
}

TEST(StopMatcher, AgreesWithTheReferenceWhereverTheTextIsCut) {
  const std::vector<std::vector<std::string>> lists{
      {"STOP"}, {"</s>", "\n\nUser:"}, {"aba", "ab"}, {"abcd", "bc"}, {"aaab", "aab"}, {"é", "€"}, {"", "x"}};
  const std::vector<std::string> texts{"a text with a STOP in it",
                                       "one\n\nUser: two</s>",
                                       "xxababab",
                                       "xabcd",
                                       "aaaaaab",
                                       "né€",
                                       "plain STO",
                                       "ST STOPS"};
  for (const auto& stops : lists) {
    for (const auto& text : texts) {
      const Delivered expected = reference(text, stops);
      for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        EXPECT_EQ(deliver({text.substr(0, cut), text.substr(cut)}, stops), expected)
            << text << " cut at " << cut;
      }
      std::vector<std::string> bytes;
      for (const char byte : text) bytes.emplace_back(1, byte);
      EXPECT_EQ(deliver(bytes, stops), expected) << text << " byte by byte";
    }
  }
}

TEST(StopMatcher, AgreesWithTheReferenceOnRandomTexts) {
  std::mt19937 random{11};
  const auto word = [&](std::size_t most) {
    std::string letters(random() % (most + 1), 'a');
    for (char& letter : letters) letter = static_cast<char>('a' + random() % 3);
    return letters;
  };
  for (int round = 0; round < 5000; ++round) {
    std::vector<std::string> stops;
    for (std::size_t i = random() % 4; i > 0; --i) stops.push_back(word(5));
    const std::string text = word(30);
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t n = 1 + random() % 4;
      pieces.push_back(text.substr(at, n));
      at += n;
    }
    ASSERT_EQ(deliver(pieces, stops), reference(text, stops)) << "round " << round << ": " << text;
  }
}

TEST(StopMatcher, HoldsBackNoMoreThanItMust) {
  StopMatcher matcher{{"END", "<x>"}};
  EXPECT_EQ(matcher.feed("helloEN").text, "hello");
  EXPECT_EQ(matcher.feed("E").text, "EN");
  EXPECT_EQ(matcher.feed("! <").text, "E! ");
  EXPECT_EQ(matcher.feed("y").text, "<y");
}

TEST(StopMatcher, LetsEverythingThroughWithoutStops) {
  StopMatcher matcher{{}};
  EXPECT_EQ(matcher.feed("all of it").text, "all of it");
  EXPECT_EQ(matcher.finish(), "");
}

}  // namespace
}  // namespace minerva::inference
