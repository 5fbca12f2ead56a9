#include "inference/model_forms.h"

#include <fmt/format.h>
#include <llama.h>

#include <algorithm>
#include <utility>

namespace minerva::inference {
namespace {

constexpr std::uint32_t kDefaultParallel = 4;
constexpr std::uint32_t kDefaultBatch = 512;
constexpr std::uint32_t kDefaultContext = 8192;   // of one sequence, when the model was trained for more
constexpr std::uint32_t kContextAlignment = 256;  // to which libllama rounds a sequence's cells up

constexpr std::uint32_t kSmallBatch = 128;
constexpr std::uint32_t kLeastContext = 1024;  // of one sequence, that is chosen without being asked for

constexpr std::uint64_t aligned(std::uint64_t n_cells) {
  return (n_cells + kContextAlignment - 1) / kContextAlignment * kContextAlignment;
}

// A smaller form of these options, and what is smaller in it; nothing when it is not open.
std::vector<std::pair<wire::LoadOptions, std::string>> smaller_options(const wire::LoadOptions& options,
                                                                       const ModelFile& file,
                                                                       const ContextShape& best) {
  std::vector<std::pair<wire::LoadOptions, std::string>> found;
  wire::LoadOptions now = options;
  std::string what;
  const auto add = [&](const std::string& more) {
    what += (what.empty() ? "" : ", ") + more;
    found.emplace_back(now, what);
  };
  if (options.n_batch == 0 && best.n_batch > kSmallBatch) {
    now.n_batch = kSmallBatch;
    add(fmt::format("batches of {} tokens", kSmallBatch));
  }
  if (may_quantize_kv(options, file)) {
    now.cache_type_k = now.cache_type_v = "q8_0";
    add("the KV cache as q8_0");
  }
  const std::uint32_t n_parts = options.kv_unified ? 1 : best.n_parallel;
  for (const std::uint32_t divisor : {2U, 4U}) {
    const std::uint32_t n_ctx = best.n_ctx / divisor;
    if (options.n_ctx > 0 || n_ctx / n_parts < std::max(kLeastContext, options.n_ctx_least)) break;
    now.n_ctx = n_ctx;
    what = what.substr(0, what.find("a context of"));
    if (what.ends_with(", ")) what.resize(what.size() - 2);
    add(fmt::format("a context of {} tokens", n_ctx));
  }
  return found;
}

}  // namespace

Result<ContextShape> choose_context(const wire::LoadOptions& options, const ModelFile& file) {
  const std::uint32_t n_parallel = options.n_parallel > 0 ? options.n_parallel : kDefaultParallel;
  if (n_parallel > llama_max_parallel_sequences()) {
    return fail(ErrorCode::kInvalidConfiguration,
                fmt::format("{} parallel sequences are more than the {} that llama.cpp can run", n_parallel,
                            llama_max_parallel_sequences()),
                "parallel");
  }
  const std::uint32_t n_trained = file.n_ctx_train > 0 ? file.n_ctx_train : kDefaultContext;
  // Each sequence has a part of its own, or one may take all.
  const std::uint32_t n_parts = options.kv_unified ? 1 : n_parallel;
  const std::uint64_t n_most = std::uint64_t{n_trained} * (n_parallel / n_parts);
  const std::uint64_t n_asked =
      options.n_ctx > 0 ? options.n_ctx / n_parts
                        : std::uint64_t{std::min(n_trained, kDefaultContext)} * n_parallel / n_parts;
  const std::uint64_t n_part = aligned(std::max<std::uint64_t>(1, std::min(n_asked, n_most)));
  if (n_part * n_parts > UINT32_MAX) {
    return fail(ErrorCode::kInvalidConfiguration, "the context is larger than llama.cpp can address",
                "ctx-size");
  }
  const std::uint32_t n_batch = options.n_batch > 0 ? options.n_batch : kDefaultBatch;
  return ContextShape{.n_ctx = static_cast<std::uint32_t>(n_part * n_parts),
                      .n_parallel = n_parallel,
                      .n_batch = std::max(n_batch, n_parallel)};
}

Result<KvFormat> format_of(const wire::LoadOptions& options, const ModelFile& file, const ContextShape& shape,
                           bool on_cpu_alone, std::span<const std::string> cpu_features) {
  return choose_kv_format(options,
                          {.model_file = Bytes{file.file_bytes},
                           .n_head = file.n_head,
                           .n_cells = options.kv_unified ? shape.n_ctx : shape.n_ctx / shape.n_parallel,
                           .on_cpu_alone = on_cpu_alone,
                           .cpu_features = cpu_features});
}

bool may_quantize_kv(const wire::LoadOptions& options, const ModelFile& file) {
  constexpr std::uint32_t kBlock = 32;  // numbers of a block of q8_0
  const bool is_open = options.cache_type_k.empty() && options.cache_type_v.empty() &&
                       options.flash_attention != wire::FlashAttention::kOff;
  return is_open && file.n_head > 0 && file.n_embd / file.n_head % kBlock == 0;
}

Result<std::vector<OpenForm>> open_forms(const wire::LoadOptions& options, const ModelFile& file,
                                         std::span<const std::string> cpu_features) {
  const auto best = choose_context(options, file);
  if (!best) return std::unexpected(best.error());
  auto candidates = smaller_options(options, file, *best);
  candidates.insert(candidates.begin(), {options, ""});
  std::vector<OpenForm> forms;
  for (auto& [now, what] : candidates) {
    auto shape = choose_context(now, file);
    if (!shape) return std::unexpected(shape.error());
    const auto beside = format_of(now, file, *shape, false, cpu_features);
    const auto alone = format_of(now, file, *shape, true, cpu_features);
    if (!beside) return std::unexpected(beside.error());
    if (!alone) return std::unexpected(alone.error());
    shape->kv_size = std::max(beside->relative_size(), alone->relative_size());
    const KvQuestion question{.model_file = {},
                              .n_head = file.n_head,
                              .n_cells = now.kv_unified ? shape->n_ctx : shape->n_ctx / shape->n_parallel,
                              .on_cpu_alone = true,
                              .cpu_features = {}};
    shape->scores = score_bytes(*alone, question);
    forms.push_back(
        {.options = now, .form = {.shape = *shape, .sizes = estimate_sizes(file, *shape), .smaller = what}});
  }
  return forms;
}

}  // namespace minerva::inference
