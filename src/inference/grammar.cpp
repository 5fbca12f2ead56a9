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
  return Grammar{std::move(sampler)};
}

bool Grammar::allows(wire::Token token) {
  llama_token_data candidate{.id = token, .logit = 0.0F, .p = 0.0F};
  llama_token_data_array one{.data = &candidate, .size = 1, .selected = -1, .sorted = false};
  filter(one);
  return candidate.logit > -std::numeric_limits<float>::infinity();
}

void Grammar::filter(llama_token_data_array& candidates) { llama_sampler_apply(sampler_.get(), &candidates); }

Status Grammar::accept(wire::Token token) {
  try {
    llama_sampler_accept(sampler_.get(), token);
  } catch (const std::exception& error) {  // what the library does when no rule is left
    return fail(ErrorCode::kSamplingFailed,
                fmt::format("the grammar does not allow this token: {}", error.what()));
  }
  return {};
}

}  // namespace minerva::inference
