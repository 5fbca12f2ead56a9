#pragma once
// A string that knows, byte range by byte range, whether it came from the template or from a message.
//
// Threads: values. Positions are byte offsets on code point boundaries; the bytes are valid UTF-8.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "wire/types.h"

namespace minerva::chat::jinja {

using wire::Origin;

class Text {
 public:
  // A run of one origin, ending (exclusive) at byte `end`.
  struct Piece {
    std::size_t end = 0;
    Origin origin = Origin::kTemplate;
  };

  Text() = default;
  Text(std::string bytes, Origin origin) : bytes_(std::move(bytes)), origin_(origin) {}

  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  // The bytes, and what it takes to know their origins.
  [[nodiscard]] std::size_t memory_bytes() const { return bytes_.size() + pieces_.size() * sizeof(Piece); }

  // kTemplate only when every byte is the template's; the empty text is the template's.
  [[nodiscard]] Origin weakest_origin() const;
  [[nodiscard]] Origin origin_at(std::size_t byte) const;
  // The runs, covering the bytes exactly, neighbours of different origin.
  [[nodiscard]] std::vector<Piece> pieces() const;

  void append(std::string_view bytes, Origin origin);
  void append(const Text& other) { append(other, 0, other.size()); }
  void append(const Text& other, std::size_t begin, std::size_t end);
  [[nodiscard]] Text slice(std::size_t begin, std::size_t end) const;
  void reserve(std::size_t bytes) { bytes_.reserve(bytes); }

 private:
  std::string bytes_;
  Origin origin_ = Origin::kTemplate;  // of all bytes, while pieces_ is empty
  std::vector<Piece> pieces_;          // more than one run: all of them, ends ascending
};

}  // namespace minerva::chat::jinja
