#pragma once
// Token pieces to whole code points. A piece may begin or end inside a code point; what comes out never does, and bytes
// that cannot become UTF-8 come out as U+FFFD. Threads: a value of one owner.

#include <string>
#include <string_view>

namespace minerva::inference {

class TextAssembler {
 public:
  // Everything that is certain after this piece: valid UTF-8, possibly empty.
  [[nodiscard]] std::string feed(std::string_view piece);

  // The end: what an unfinished code point left behind, as U+FFFD, or nothing.
  [[nodiscard]] std::string finish();

 private:
  std::string pending_;  // at most three bytes that later ones may complete
};

}  // namespace minerva::inference
