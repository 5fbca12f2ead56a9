#pragma once
// The keys that open the API, each of them one tenant. Compared in a time that depends neither on where two keys differ nor on
// which one matches; never shown anywhere.
//
// Threads: immutable once made.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "http/message.h"

namespace minerva::api {

struct AccessKey {
  std::string text;
  bool may_prioritize = false;  // its requests may have a priority
};

// Who sent a request.
struct Caller {
  // The same for the same key, also after a restart with other keys beside it: prefixes on disk are the tenant's. 0 where there
  // are no keys.
  std::uint32_t tenant = 0;
  bool may_prioritize = true;
};

class AccessKeys {
 public:
  static constexpr std::size_t kMaxKeyBytes = 256;

  // kInvalidConfiguration for an empty key, one that is too long, or one with characters that no header carries.
  [[nodiscard]] static Result<AccessKeys> make(const std::vector<AccessKey>& keys);

  // True when there are no keys: then everybody may ask.
  [[nodiscard]] bool open() const { return keys_.empty(); }

  // Null for a key that is none of these.
  [[nodiscard]] const Caller* find(std::string_view given) const;

  // The key comes as `Authorization: Bearer KEY` or as `x-api-key: KEY`. kUnauthorized says which of "none" and "wrong".
  [[nodiscard]] Result<Caller> identify(const http::Headers& headers) const;

 private:
  // Padded with zeros, which no key contains, so that all have one length.
  using Padded = std::array<std::uint8_t, kMaxKeyBytes>;
  [[nodiscard]] static Padded pad(std::string_view key);

  struct Known {
    Padded key;
    Caller caller;
  };
  std::vector<Known> keys_;
};

}  // namespace minerva::api
