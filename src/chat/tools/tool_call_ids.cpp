#include "chat/tools/tool_call_ids.h"

#include <string_view>

namespace minerva::chat {
namespace {

constexpr std::size_t kLongLength = 24;
constexpr std::size_t kShortLength = 9;
constexpr std::size_t kDigitsPerDraw = 10;  // 62^10 < 2^64

}  // namespace

std::string make_tool_call_id(ToolCallSyntax::Ids ids, const std::function<std::uint64_t()>& random) {
  constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const bool is_short = ids == ToolCallSyntax::Ids::kShort;
  std::string id = is_short ? "" : "call_";
  const std::size_t length = id.size() + (is_short ? kShortLength : kLongLength);
  while (id.size() < length) {
    std::uint64_t draw = random();
    for (std::size_t i = 0; i < kDigitsPerDraw && id.size() < length; ++i, draw /= kDigits.size())
      id += kDigits[draw % kDigits.size()];
  }
  return id;
}

}  // namespace minerva::chat
