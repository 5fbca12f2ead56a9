#include "inference/grammar.h"

#include <fmt/format.h>

#include <exception>
#include <limits>

namespace minerva::inference {
namespace {

// The library's parser follows nested groups by recursion.
constexpr std::size_t kLargest = 1U << 20U;

}  // namespace

Result<Grammar> Grammar::make(const llama_vocab* vocab, const std::string& gbnf) {
  const auto refuse = [](std::string why) {
    return fail(ErrorCode::kInvalidRequest, std::move(why), "grammar");
  };
  if (gbnf.size() > kLargest) {
    return refuse(fmt::format("the grammar has {} bytes, at most {} are allowed", gbnf.size(), kLargest));
  }
  SamplerHandle sampler{llama_sampler_init_grammar(vocab, gbnf.c_str(), "root")};
  if (!sampler) {
    return refuse(
        "the grammar cannot be read: it must be GBNF with a rule named root, without left recursion");
  }
  return Grammar{vocab, std::move(sampler)};
}

Result<Grammar> Grammar::make_lazy(const llama_vocab* vocab, const std::string& gbnf,
                                   const std::vector<wire::GrammarTrigger>& triggers) {
  auto grammar = make(vocab, gbnf);
  if (!grammar) return grammar;
  auto start = GrammarStart::make(vocab, triggers);
  if (!start) return std::unexpected(std::move(start.error()));
  grammar->gbnf_ = gbnf;
  grammar->start_ = std::move(*start);
  return grammar;
}

bool Grammar::allows(wire::Token token) {
  if (start_) return true;
  llama_token_data candidate{.id = token, .logit = 0.0F, .p = 0.0F};
  llama_token_data_array one{.data = &candidate, .size = 1, .selected = -1, .sorted = false};
  filter(one);
  return candidate.logit > -std::numeric_limits<float>::infinity();
}

void Grammar::filter(llama_token_data_array& candidates) {
  if (!start_) llama_sampler_apply(sampler_.get(), &candidates);
}

Status Grammar::accept(wire::Token token) {
  if (!start_) return take(token);
  const auto found = start_->feed(token);
  if (!found) return {};
  start_.reset();
  return begin(*found);
}

// Only the library's own lazy grammar takes a part of a token, so one that is triggered by all but the skipped bytes of
// its first token stands in then.
Status Grammar::begin(const GrammarStart::Found& found) {
  if (found.n_skipped > 0) {
    const std::string rest = fmt::format("^[\\s\\S]{{{}}}([\\s\\S]*)$", found.n_skipped);
    const char* pattern = rest.c_str();
    sampler_.reset(
        llama_sampler_init_grammar_lazy_patterns(vocab_, gbnf_.c_str(), "root", &pattern, 1, nullptr, 0));
    if (!sampler_)
      return fail(ErrorCode::kInternal, "the grammar could be read once, and not again", "grammar");
  }
  gbnf_.clear();
  for (const wire::Token token : found.tokens) {
    if (Status taken = take(token); !taken) return taken;
  }
  return {};
}

Status Grammar::take(wire::Token token) {
  try {
    llama_sampler_accept(sampler_.get(), token);
  } catch (const std::exception& error) {  // what the library does when no rule is left
    return fail(ErrorCode::kSamplingFailed,
                fmt::format("the grammar does not allow what was generated: {}", error.what()), "grammar");
  }
  return {};
}

}  // namespace minerva::inference
