#pragma once
// The grammars of the schemas that were asked for last: clients send the same one with every request.
//
// Threads: any; two that miss at once both compile.

#include <nlohmann/json_fwd.hpp>

#include <list>
#include <mutex>
#include <string>
#include <utility>

#include "base/error.h"

namespace minerva::chat::schema {

class GrammarCache {
 public:
  static constexpr std::size_t kMostGrammars = 32;

  // As compile_schema(). Errors are not kept.
  [[nodiscard]] Result<std::string> grammar_of(const nlohmann::ordered_json& document,
                                               const std::string& name);

  [[nodiscard]] std::size_t n_compiled() const;  // so far

 private:
  using Entry = std::pair<std::string, std::string>;  // the schema's text and its grammar

  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // the one used last is first
  std::size_t n_compiled_ = 0;
};

}  // namespace minerva::chat::schema
