#pragma once
// The fixed text around a tool call, and whether some text begins with it.
//
// White space counts for nothing on either side: models leave out line breaks or add some. A marker may have holes, whose
// text differs from call to call. Threads: pure functions.

#include <cstdint>
#include <string>
#include <string_view>

namespace minerva::chat {

// Stand for themselves in a marker; no template writes these bytes.
inline constexpr char kIdHole = '\x01';     // a call's id: letters, digits, '_', '-'
inline constexpr char kIndexHole = '\x02';  // a call's number in its turn, from 0: digits

[[nodiscard]] bool is_marker_space(char c);

// No text of its own: nothing, or white space.
[[nodiscard]] bool is_blank(std::string_view text);

struct MarkerMatch {
  enum class Kind : std::uint8_t { kNone, kPartial, kWhole };
  Kind kind = Kind::kNone;
  std::size_t n_bytes = 0;  // of the text, when whole
  std::string index{};      // what stands in the index hole, when whole
};

// kPartial: `text` may become a match when more comes. A blank marker matches no bytes, whole.
[[nodiscard]] MarkerMatch match_marker(std::string_view marker, std::string_view text);

}  // namespace minerva::chat
