#include "api/access_keys.h"

#include <algorithm>
#include <boost/crc.hpp>

namespace minerva::api {
namespace {

constexpr std::string_view kBearer = "bearer ";

bool is_visible_ascii(char c) { return c > ' ' && c < '\x7F'; }

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// The credentials of `Authorization: Bearer KEY`; empty for another scheme. The scheme's case does not matter (RFC 9110, 11.1).
std::string_view bearer_key(std::string_view header) {
  if (!std::ranges::equal(header.substr(0, kBearer.size()), kBearer, {}, to_lower)) return {};
  return trim(header.substr(kBearer.size()));
}

std::uint32_t tenant_of(std::string_view key) {
  boost::crc_32_type crc;
  crc.process_bytes(key.data(), key.size());
  return std::max<std::uint32_t>(1, crc.checksum());
}

}  // namespace

Result<AccessKeys> AccessKeys::make(const std::vector<AccessKey>& keys) {
  AccessKeys made;
  for (const auto& [key, may_prioritize] : keys) {
    if (key.empty()) return fail(ErrorCode::kInvalidConfiguration, "an API key is empty", "api-key");
    if (key.size() > kMaxKeyBytes) {
      return fail(ErrorCode::kInvalidConfiguration,
                  "an API key has " + std::to_string(key.size()) + " characters; at most " +
                      std::to_string(kMaxKeyBytes) + " are allowed",
                  "api-key");
    }
    if (!std::ranges::all_of(key, is_visible_ascii)) {
      return fail(ErrorCode::kInvalidConfiguration,
                  "an API key has a space, a control or a non-ASCII character", "api-key");
    }
    made.keys_.push_back(
        {.key = pad(key), .caller = {.tenant = tenant_of(key), .may_prioritize = may_prioritize}});
  }
  return made;
}

AccessKeys::Padded AccessKeys::pad(std::string_view key) {
  Padded padded{};
  std::ranges::copy(key, padded.begin());
  return padded;
}

const Caller* AccessKeys::find(std::string_view given) const {
  if (given.size() > kMaxKeyBytes || given.contains('\0')) return nullptr;
  const Padded candidate = pad(given);
  const Caller* found = nullptr;
  for (const auto& [key, caller] : keys_) {
    unsigned difference = 0;
    for (std::size_t i = 0; i < kMaxKeyBytes; ++i) difference |= static_cast<unsigned>(candidate[i] ^ key[i]);
    found = difference == 0 ? &caller : found;
  }
  return found;
}

Result<Caller> AccessKeys::identify(const http::Headers& headers) const {
  if (open()) return Caller{};
  const std::string_view bearer = bearer_key(http::find_header(headers, "authorization").value_or(""));
  const std::string_view own = trim(http::find_header(headers, "x-api-key").value_or(""));
  for (const std::string_view key : {bearer, own}) {
    if (const Caller* caller = find(key)) return *caller;
  }
  if (bearer.empty() && own.empty()) {
    return fail(ErrorCode::kUnauthorized,
                "this server needs an API key: send \"Authorization: Bearer KEY\" or \"x-api-key: KEY\"");
  }
  return fail(ErrorCode::kUnauthorized, "the API key is not one of this server's");
}

}  // namespace minerva::api
