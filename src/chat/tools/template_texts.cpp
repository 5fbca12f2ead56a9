#include "chat/tools/template_texts.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

namespace minerva::chat {
namespace {

// Private use characters around digits: no template trims, splits or escapes these.
constexpr std::string_view kBegin = "\xee\x80\x82";
constexpr std::string_view kEnd = "\xee\x80\x83";
constexpr std::size_t kNumberLength = 6;

void append(wire::PromptText& prompt, std::string_view text, wire::Origin origin) {
  if (text.empty()) return;
  prompt.text += text;
  if (!prompt.spans.empty() && prompt.spans.back().origin == origin) {
    prompt.spans.back().n_bytes += static_cast<std::uint32_t>(text.size());
  } else {
    prompt.spans.push_back({.n_bytes = static_cast<std::uint32_t>(text.size()), .origin = origin});
  }
}

}  // namespace

TemplateTexts::TemplateTexts() {
  std::random_device random;
  lead_ = fmt::format("{}{:08x}{:08x}{:08x}{:08x}", kBegin, random(), random(), random(), random());
}

std::string TemplateTexts::word_for(std::string_view text) {
  auto found = std::ranges::find(texts_, text);
  if (found == texts_.end()) found = texts_.emplace(texts_.end(), text);
  return fmt::format("{}{:0{}}{}", lead_, found - texts_.begin(), kNumberLength, kEnd);
}

void TemplateTexts::fill(wire::PromptText& prompt) const {
  wire::PromptText filled;
  std::string_view text = prompt.text;
  for (const wire::PromptSpan& span : prompt.spans) {
    std::string_view part = text.substr(0, span.n_bytes);
    text.remove_prefix(span.n_bytes);
    for (std::size_t at = part.find(lead_); at != std::string_view::npos; at = part.find(lead_)) {
      append(filled, part.substr(0, at), span.origin);
      part.remove_prefix(at + lead_.size());
      std::size_t number = 0;
      for (const char digit : part.substr(0, kNumberLength))
        number = number * 10 + static_cast<std::size_t>(digit - '0');
      if (number < texts_.size()) append(filled, texts_[number], wire::Origin::kTemplate);
      part.remove_prefix(std::min(part.size(), kNumberLength + kEnd.size()));
    }
    append(filled, part, span.origin);
  }
  prompt = std::move(filled);
}

}  // namespace minerva::chat
