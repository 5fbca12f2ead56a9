#pragma once
// The last lines of a stream of bytes, bounded in number and length. Pure.

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

namespace minerva::gateway {

class LineTail {
 public:
  static constexpr std::size_t kMaxLines = 64;
  static constexpr std::size_t kMaxLineBytes = 2048;  // a longer line is cut there; its rest is dropped

  // `on_line` sees every line once, when it is whole.
  explicit LineTail(std::function<void(std::string_view)> on_line) : on_line_(std::move(on_line)) {}

  void feed(std::string_view bytes);

  // The stream is over: what came after the last line break is a line too.
  void finish();

  // Lines joined by line breaks, the oldest first.
  [[nodiscard]] std::string text() const;

 private:
  void keep();

  std::function<void(std::string_view)> on_line_;
  std::deque<std::string> lines_;
  std::string open_line_;
};

}  // namespace minerva::gateway
