#pragma once
// What a stream of answer text turns out to be: text for the reader, and calls.

#include <cstdint>
#include <string>
#include <variant>

namespace minerva::chat {

struct ContentDelta {
  std::string text;

  friend bool operator==(const ContentDelta&, const ContentDelta&) = default;
};

// Calls are numbered from 0. The arguments of one follow before the next begins.
struct CallStart {
  std::uint32_t index = 0;
  std::string id;
  std::string name;

  friend bool operator==(const CallStart&, const CallStart&) = default;
};

// The deltas of a call together are the JSON text of an object, unless the answer broke off or broke down inside it.
struct ArgumentsDelta {
  std::uint32_t index = 0;
  std::string text;

  friend bool operator==(const ArgumentsDelta&, const ArgumentsDelta&) = default;
};

using ToolEvent = std::variant<ContentDelta, CallStart, ArgumentsDelta>;

}  // namespace minerva::chat
