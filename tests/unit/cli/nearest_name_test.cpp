#include "cli/nearest_name.h"

#include <gtest/gtest.h>

#include <vector>

namespace minerva::cli {
namespace {

const std::vector<std::string> kKnown{"ctx-size", "parallel", "port", "host", "model"};

TEST(EditDistance, CountsInsertsDeletesReplacementsAndSwaps) {
  EXPECT_EQ(edit_distance("port", "port"), 0U);
  EXPECT_EQ(edit_distance("", "port"), 4U);
  EXPECT_EQ(edit_distance("prot", "port"), 1U);
  EXPECT_EQ(edit_distance("pot", "port"), 1U);
  EXPECT_EQ(edit_distance("sport", "port"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(EditDistance, UnderscoreIsADash) { EXPECT_EQ(edit_distance("ctx_size", "ctx-size"), 0U); }

TEST(NearestName, ATypingMistakeFindsItsName) {
  EXPECT_EQ(nearest_name("ctx_sizee", kKnown), "ctx-size");
  EXPECT_EQ(nearest_name("paralel", kKnown), "parallel");
  EXPECT_EQ(nearest_name("modle", kKnown), "model");
}

TEST(NearestName, WhatIsFarFromEverythingFindsNothing) {
  EXPECT_EQ(nearest_name("temperature", kKnown), std::nullopt);
  EXPECT_EQ(nearest_name("xy", kKnown), std::nullopt);
  EXPECT_EQ(nearest_name("port", {}), std::nullopt);
}

TEST(DidYouMean, IsEmptyWhenNothingIsNear) {
  EXPECT_EQ(did_you_mean("prot", kKnown), "; did you mean 'port'?");
  EXPECT_EQ(did_you_mean("quantization", kKnown), "");
}

}  // namespace
}  // namespace minerva::cli
