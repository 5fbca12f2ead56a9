#pragma once
// The parser's view of its tokens. After the first failure it stands at the end, so that every loop over tokens stops.

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/jinja/lexer.h"

namespace minerva::chat::jinja {

class TokenStream {
 public:
  explicit TokenStream(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  [[nodiscard]] const Token& current() const { return tokens_[at_]; }
  [[nodiscard]] const Token& look() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  [[nodiscard]] bool is(TokenKind kind) const { return current().kind == kind; }
  [[nodiscard]] bool is_name(std::string_view name) const {
    return is(TokenKind::kName) && current().text == name;
  }

  // Moves on; the token that was current.
  const Token& next() { return at_ + 1 < tokens_.size() ? tokens_[at_++] : tokens_[at_]; }
  bool skip_if(TokenKind kind) { return is(kind) && (next(), true); }
  bool skip_if_name(std::string_view name) { return is_name(name) && (next(), true); }
  // The token, which must be of this kind.
  Token expect(TokenKind kind, std::string_view description) {
    if (!is(kind)) {
      fail("expected " + std::string(description) + ", got " + describe(current()));
      return {};
    }
    return next();
  }

  void fail(const std::string& message) { fail(message, current()); }
  void fail(const std::string& message, const Token& at) {
    if (!error_) error_ = syntax_error(message, at.line, at.column);
    at_ = tokens_.size() - 1;
  }
  [[nodiscard]] bool failed() const { return error_.has_value(); }
  [[nodiscard]] Error take_error() { return std::move(*error_); }

 private:
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::optional<Error> error_;
};

}  // namespace minerva::chat::jinja
