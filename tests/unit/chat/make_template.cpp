#include "make_template.h"

#include <gtest/gtest.h>

#include <utility>

#include "golden.h"

namespace minerva::test {

chat::ChatTemplate made(const std::string& source) {
  auto result = chat::ChatTemplate::make(source, "<s>", "</s>");
  EXPECT_TRUE(result) << result.error().message;
  return std::move(*result);
}

chat::ChatTemplate published(const std::string& name) {
  return made(read_data("templates/" + name + ".jinja"));
}

}  // namespace minerva::test
