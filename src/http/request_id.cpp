#include "http/request_id.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

namespace minerva::http {
namespace {

constexpr std::size_t kMaxLength = 128;

bool is_sane(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-';
}

}  // namespace

bool is_sane_request_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxLength && std::ranges::all_of(id, is_sane);
}

std::string make_request_id() {
  std::random_device random;
  return fmt::format("req_{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

}  // namespace minerva::http
