#include "inference/text_assembler.h"

#include <utility>

#include "base/utf8.h"

namespace minerva::inference {

std::string TextAssembler::feed(std::string_view piece) {
  pending_ += piece;
  const std::size_t n_whole = pending_.size() - utf8::incomplete_tail(pending_);
  std::string whole = utf8::sanitize(std::string_view{pending_}.substr(0, n_whole));
  pending_.erase(0, n_whole);
  return whole;
}

std::string TextAssembler::finish() { return utf8::sanitize(std::exchange(pending_, {})); }

}  // namespace minerva::inference
