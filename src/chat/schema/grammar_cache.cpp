#include "chat/schema/grammar_cache.h"

#include <nlohmann/json.hpp>

#include <algorithm>

#include "chat/schema/schema_compiler.h"

namespace minerva::chat::schema {

Result<std::string> GrammarCache::grammar_of(const nlohmann::ordered_json& document,
                                             const std::string& name) {
  std::string text = document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  {
    const std::scoped_lock lock(mutex_);
    if (const auto found = std::ranges::find(entries_, text, &Entry::first); found != entries_.end()) {
      entries_.splice(entries_.begin(), entries_, found);
      return entries_.front().second;
    }
  }
  auto grammar = compile_schema(document, name);
  if (!grammar) return grammar;
  const std::scoped_lock lock(mutex_);
  ++n_compiled_;
  entries_.emplace_front(std::move(text), *grammar);
  if (entries_.size() > kMostGrammars) entries_.pop_back();
  return grammar;
}

std::size_t GrammarCache::n_compiled() const {
  const std::scoped_lock lock(mutex_);
  return n_compiled_;
}

}  // namespace minerva::chat::schema
