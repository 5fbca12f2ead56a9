#include "gateway/line_tail.h"

#include <utility>

namespace minerva::gateway {

void LineTail::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    open_line_ += bytes.substr(0, std::min(end, kMaxLineBytes - open_line_.size()));
    if (end == std::string_view::npos) return;
    keep();
    bytes.remove_prefix(end + 1);
  }
}

void LineTail::finish() {
  if (!open_line_.empty()) keep();
}

std::string LineTail::text() const {
  std::string text;
  for (const std::string& line : lines_) {
    if (!text.empty()) text += '\n';
    text += line;
  }
  return text;
}

void LineTail::keep() {
  if (open_line_.ends_with('\r')) open_line_.pop_back();
  on_line_(open_line_);
  lines_.push_back(std::exchange(open_line_, {}));
  if (lines_.size() > kMaxLines) lines_.pop_front();
}

}  // namespace minerva::gateway
