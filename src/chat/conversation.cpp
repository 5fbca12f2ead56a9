#include "chat/conversation.h"

#include <algorithm>
#include <array>
#include <utility>

namespace minerva::chat {
namespace {

constexpr std::array<std::string_view, 5> kRoleNames = {"system", "developer", "user", "assistant", "tool"};

}  // namespace

std::string_view name_of(Role role) { return kRoleNames.at(std::to_underlying(role)); }

std::optional<Role> role_from_name(std::string_view name) {
  const auto* found = std::ranges::find(kRoleNames, name);
  if (found == kRoleNames.end()) return std::nullopt;
  return static_cast<Role>(found - kRoleNames.begin());
}

}  // namespace minerva::chat
