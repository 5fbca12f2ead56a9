#pragma once
// A set of Unicode code points. Surrogates belong to none: no text holds them.
//
// Threads: values.

#include <span>
#include <vector>

namespace minerva::chat::schema {

// Both ends belong to it.
struct CodePointRange {
  char32_t first;
  char32_t last;
  friend bool operator==(const CodePointRange&, const CodePointRange&) = default;
};

inline constexpr char32_t kLastCodePoint = 0x10FFFF;

class CodePoints {
 public:
  CodePoints() = default;
  CodePoints(char32_t first, char32_t last) { add(first, last); }

  [[nodiscard]] static CodePoints all() { return {0, kLastCodePoint}; }

  void add(char32_t first, char32_t last);
  void add(const CodePoints& other);

  [[nodiscard]] CodePoints complement() const;
  [[nodiscard]] bool contains(char32_t code_point) const;
  [[nodiscard]] bool empty() const { return ranges_.empty(); }
  // In order, apart from each other.
  [[nodiscard]] std::span<const CodePointRange> ranges() const { return ranges_; }

 private:
  void add_valid(char32_t first, char32_t last);

  std::vector<CodePointRange> ranges_;
};

}  // namespace minerva::chat::schema
