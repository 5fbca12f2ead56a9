#include "chat/jinja/text.h"

#include <algorithm>

namespace minerva::chat::jinja {

Origin Text::weakest_origin() const {
  if (bytes_.empty()) return Origin::kTemplate;
  return pieces_.empty() ? origin_ : Origin::kMessage;  // two runs differ, so one of them is a message's
}

Origin Text::origin_at(std::size_t byte) const {
  if (pieces_.empty()) return origin_;
  return std::ranges::upper_bound(pieces_, byte, {}, &Piece::end)->origin;
}

std::vector<Text::Piece> Text::pieces() const {
  if (!pieces_.empty() || bytes_.empty()) return pieces_;
  return {Piece{.end = bytes_.size(), .origin = origin_}};
}

void Text::append(std::string_view bytes, Origin origin) {
  if (bytes.empty()) return;
  if (bytes_.empty()) {
    origin_ = origin;
    pieces_.clear();
  }
  const Origin last = pieces_.empty() ? origin_ : pieces_.back().origin;
  if (last != origin && pieces_.empty()) pieces_.push_back({.end = bytes_.size(), .origin = origin_});
  bytes_ += bytes;
  if (pieces_.empty()) return;
  if (last == origin) {
    pieces_.back().end = bytes_.size();
  } else {
    pieces_.push_back({.end = bytes_.size(), .origin = origin});
  }
}

void Text::append(const Text& other, std::size_t begin, std::size_t end) {
  const std::string_view bytes = other.bytes_;
  if (other.pieces_.empty()) {
    append(bytes.substr(begin, end - begin), other.origin_);
    return;
  }
  auto piece = std::ranges::upper_bound(other.pieces_, begin, {}, &Piece::end);
  while (begin < end) {
    const std::size_t stop = std::min(end, piece->end);
    append(bytes.substr(begin, stop - begin), piece->origin);
    begin = stop;
    ++piece;
  }
}

Text Text::slice(std::size_t begin, std::size_t end) const {
  Text result;
  result.append(*this, begin, end);
  return result;
}

}  // namespace minerva::chat::jinja
