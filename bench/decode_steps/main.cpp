// What one step costs on this machine: decode of 1 to 16 sequences, and a prompt, straight on libllama. Prints one line of JSON.
//
//   decode_steps MODEL.gguf ROUNDS THREADS
//
// The widths take turns within a round, so that a slow moment of the machine falls on all of them; the figure is the median.

#include <llama.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <numeric>
#include <vector>

namespace {

constexpr int kMaxSequences = 16;
constexpr int kContextTokens = 40;  // of each sequence before the measured steps
constexpr int kPromptTokens = 256;

struct Step {
  std::vector<llama_token> tokens;
  std::vector<llama_pos> positions;
  std::vector<llama_seq_id> sequences;
  std::vector<std::int8_t> logits;

  void add(llama_pos position, llama_seq_id sequence, bool wants_logits) {
    tokens.push_back(static_cast<llama_token>(100 + (position * 31 + sequence * 7) % 1000));
    positions.push_back(position);
    sequences.push_back(sequence);
    logits.push_back(wants_logits ? 1 : 0);
  }
};

double run_ms(llama_context* context, Step& step) {
  std::vector<std::int32_t> counts(step.tokens.size(), 1);
  std::vector<llama_seq_id*> pointers;
  for (llama_seq_id& id : step.sequences) pointers.push_back(&id);
  const auto begin = std::chrono::steady_clock::now();
  const int status = llama_decode(context, {.n_tokens = static_cast<std::int32_t>(step.tokens.size()),
                                            .token = step.tokens.data(),
                                            .embd = nullptr,
                                            .pos = step.positions.data(),
                                            .n_seq_id = counts.data(),
                                            .seq_id = pointers.data(),
                                            .logits = step.logits.data()});
  llama_synchronize(context);
  if (status != 0) std::exit(1);
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

double prompt_ms(llama_context* context, llama_seq_id sequence, int n) {
  Step step;
  for (int i = 0; i < n; ++i) step.add(i, sequence, i + 1 == n);
  return run_ms(context, step);
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: decode_steps MODEL.gguf ROUNDS THREADS\n");
    return 2;
  }
  llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
  ggml_backend_load_all();
  llama_model_params model_params = llama_model_default_params();
  model_params.n_gpu_layers = 0;
  const std::unique_ptr<llama_model, decltype(&llama_model_free)> model{
      llama_model_load_from_file(argv[1], model_params), llama_model_free};
  if (!model) return 1;
  llama_context_params params = llama_context_default_params();
  params.n_ctx = kMaxSequences * 1024;
  params.n_seq_max = kMaxSequences;
  params.n_batch = params.n_ubatch = 512;
  params.n_threads = params.n_threads_batch = std::atoi(argv[3]);
  const std::unique_ptr<llama_context, decltype(&llama_free)> context{
      llama_init_from_model(model.get(), params), llama_free};
  if (!context) return 1;

  std::vector<llama_pos> ends(kMaxSequences, kContextTokens);
  for (int i = 0; i < kMaxSequences; ++i) (void)prompt_ms(context.get(), i, kContextTokens);
  std::map<int, std::vector<double>> times;
  std::vector<double> prompts;
  for (int round = 0; round < std::atoi(argv[2]); ++round) {
    for (int width = 1; width <= kMaxSequences; ++width) {
      Step step;
      for (int i = 0; i < width; ++i) step.add(ends[static_cast<std::size_t>(i)]++, i, true);
      times[width].push_back(run_ms(context.get(), step));
    }
    llama_memory_seq_rm(llama_get_memory(context.get()), kMaxSequences - 1, -1, -1);
    prompts.push_back(prompt_ms(context.get(), kMaxSequences - 1, kPromptTokens));
    ends.back() = kPromptTokens;
  }
  std::printf("{\"prompt_tokens_per_s\": %.1f, \"decode_ms\": {", kPromptTokens * 1000 / median(prompts));
  for (const auto& [width, values] : times)
    std::printf("%s\"%d\": %.3f", width == 1 ? "" : ", ", width, median(values));
  std::printf("}}\n");
}
