// What sampling costs, by what the request asks for. Prints one line of JSON: for each request the microseconds of a token,
// and of a step of eight sequences by one thread and by a pool of THREADS.
//
//   sampling_cost N_VOCAB ROUNDS THREADS
//
// The rows are normally distributed logits; the requests and the two ways take turns within a round, and the figures are
// medians.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "engine/sample_pool.h"
#include "inference/chain_sampler.h"
#include "inference/log_probabilities.h"

namespace {

using namespace minerva;
using inference::SamplerChain;

constexpr std::size_t kRows = 8;

std::vector<std::vector<float>> rows_of(std::size_t n_vocab) {
  std::mt19937 random{7};
  std::normal_distribution<float> logit{0.0F, 3.0F};
  std::vector<std::vector<float>> rows(kRows, std::vector<float>(n_vocab));
  for (auto& row : rows) std::ranges::generate(row, [&] { return logit(random); });
  return rows;
}

std::map<std::string, wire::SamplingParams> requests() {
  std::map<std::string, wire::SamplingParams> all;
  const auto off = [](wire::SamplingParams& params) {
    params.top_k = 0;
    params.top_p = 1.0F;
    params.min_p = 0.0F;
  };
  all["greedy"].temperature = 0.0F;
  all["default"] = {};
  all["penalties"].repeat_penalty = 1.1F;
  all["logit_bias"].logit_bias = {{.token = 5, .bias = 1.0F}, {.token = 77, .bias = -100.0F}};
  all["log probabilities"].n_probs = 5;
  off(all["temperature alone"]);
  off(all["top_p alone"]);
  all["top_p alone"].top_p = 0.95F;
  off(all["min_p alone"]);
  all["min_p alone"].min_p = 0.05F;
  off(all["top_n_sigma alone"]);
  all["top_n_sigma alone"].top_n_sigma = 1.0F;
  off(all["typical_p alone"]);
  all["typical_p alone"].typical_p = 0.9F;
  off(all["xtc alone"]);
  all["xtc alone"].xtc_probability = 1.0F;
  off(all["adaptive_p alone"]);
  all["adaptive_p alone"].adaptive_target = 0.3F;
  all["mirostat 1"].mirostat = 1;
  all["mirostat 2"].mirostat = 2;
  return all;
}

// The sequences of a step, each with its own row.
class Step {
 public:
  Step(const wire::SamplingParams& params, const std::vector<std::vector<float>>& rows)
      : rows_{rows}, n_probs_{params.n_probs} {
    const inference::SamplingModel model{.n_vocab = static_cast<std::int32_t>(rows.front().size()),
                                         .n_context = 4096};
    for (std::uint64_t seed = 0; seed < rows.size(); ++seed) {
      auto own = params;
      own.seed = seed;
      chains_.push_back(*SamplerChain::make(own, model, false));
    }
  }

  void sample(std::size_t sequence, std::uint32_t index) {
    thread_local SamplerChain::Scratch scratch;
    const auto& row = rows_[sequence];
    const auto token = chains_[sequence].choose(row, index, scratch);
    if (!token || !chains_[sequence].accept(*token)) std::exit(1);
    if (n_probs_ < 0) return;
    const auto n = static_cast<std::size_t>(n_probs_);
    if (inference::log_probabilities(row, *token, n).likeliest.size() != n) std::exit(1);
  }

 private:
  const std::vector<std::vector<float>>& rows_;
  std::int32_t n_probs_;
  std::vector<SamplerChain> chains_;
};

std::chrono::microseconds now() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
}

// Microseconds of one step.
double run(engine::SamplePool& pool, Step& step, std::uint32_t index) {
  const auto begin = std::chrono::steady_clock::now();
  pool.start(kRows, [&](std::size_t sequence) { step.sample(sequence, index); });
  for (std::size_t i = 0; i < kRows; ++i) pool.await(i);
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: sampling_cost N_VOCAB ROUNDS THREADS\n");
    return 2;
  }
  const auto rows = rows_of(static_cast<std::size_t>(std::atoi(argv[1])));
  std::map<std::string, Step> steps;
  for (const auto& [name, params] : requests()) steps.emplace(name, Step{params, rows});
  engine::SamplePool alone{1, now};
  engine::SamplePool shared{static_cast<std::uint32_t>(std::atoi(argv[3])), now,
                            std::chrono::microseconds{0}};
  std::map<std::string, std::vector<double>> times_alone;
  std::map<std::string, std::vector<double>> times_shared;
  for (std::uint32_t round = 0; round < static_cast<std::uint32_t>(std::atoi(argv[2])); ++round) {
    for (auto& [name, step] : steps) {
      times_alone[name].push_back(run(alone, step, round));
      // As in a server: the others have gone to sleep while the model computed.
      std::this_thread::sleep_for(std::chrono::milliseconds{2});
      times_shared[name].push_back(run(shared, step, round));
    }
  }
  const char* separator = "{";
  for (const auto& [name, values] : times_alone) {
    const double step = median(values);
    std::printf("%s\"%s\": {\"token\": %.1f, \"step\": %.0f, \"shared step\": %.0f}", separator, name.c_str(),
                step / kRows, step, median(times_shared[name]));
    separator = ", ";
  }
  std::printf("}\n");
}
