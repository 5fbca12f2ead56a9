#pragma once
// Template source to tokens, with jinja2's white space control: trim_blocks and lstrip_blocks on, '-' and '+' markers,
// one newline at the very end dropped, "\r\n" and "\r" read as "\n".

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace minerva::chat::jinja {

enum class TokenKind : std::uint8_t {
  kEnd,
  kData,
  kBlockBegin,
  kBlockEnd,
  kVariableBegin,
  kVariableEnd,
  kName,
  kString,
  kInteger,
  kFloat,
  kAdd,
  kSub,
  kMul,
  kDiv,
  kFloorDiv,
  kMod,
  kPow,
  kTilde,
  kEq,
  kNe,
  kGt,
  kGe,
  kLt,
  kLe,
  kAssign,
  kLeftParen,
  kRightParen,
  kLeftBracket,
  kRightBracket,
  kLeftBrace,
  kRightBrace,
  kDot,
  kColon,
  kPipe,
  kComma,
  kSemicolon,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;  // of strings: with escapes resolved
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

// "end of print statement", "'foo'": for messages.
[[nodiscard]] std::string describe(const Token& token);

// The last token is kEnd. kTemplateFailed, naming line and column, on what is no token.
[[nodiscard]] Result<std::vector<Token>> tokenize(std::string_view source);

// "… (chat template, line L, column C)"
[[nodiscard]] Error syntax_error(const std::string& message, std::uint32_t line, std::uint32_t column);

}  // namespace minerva::chat::jinja
