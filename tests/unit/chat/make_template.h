#pragma once
// Templates for tests: from source, or one of the published ones of the test data by its name. Threads: any.

#include <string>

#include "chat/chat_template.h"

namespace minerva::test {

// A template that does not parse fails the test.
[[nodiscard]] chat::ChatTemplate made(const std::string& source);
[[nodiscard]] chat::ChatTemplate published(const std::string& name);

}  // namespace minerva::test
