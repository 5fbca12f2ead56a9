// What this machine's memory and its arithmetic allow at most, and what a model asks of them for a token. Prints one line of JSON.
//
//   machine_limits MODEL.gguf THREADS
//
// Bandwidth: all threads read an array that no cache holds. Arithmetic: products of 8-bit integers summed in 32 bits, on
// registers alone, with the widest instruction of the processor; a product and its sum are two operations. Both are the best of
// several runs: a limit is what can be reached.

#include <ggml.h>
#include <gguf.h>
#include <immintrin.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string_view>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t kArrayBytes = std::size_t{512} << 20U;
constexpr int kRuns = 7;

// Keeps a result alive, so that its computation stays.
std::atomic<std::uint64_t> sink{0};  // NOLINT

// Best time of kRuns in which every thread runs `work(thread)` once, from the moment that all are there.
double best_seconds(int n_threads, const std::function<void(int)>& work) {
  using Clock = std::chrono::steady_clock;
  double best = 1e9;
  for (int run = 0; run < kRuns; ++run) {
    Clock::time_point begin;
    std::barrier start{n_threads, [&]() noexcept { begin = Clock::now(); }};
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < n_threads; ++i) {
        threads.emplace_back([&, i] {
          start.arrive_and_wait();
          work(i);
        });
      }
    }
    best = std::min(best, std::chrono::duration<double>(Clock::now() - begin).count());
  }
  return best;
}

double read_bytes_per_s(int n_threads) {
  const std::vector<std::uint64_t> array(kArrayBytes / sizeof(std::uint64_t), 1);
  const std::size_t part = array.size() / static_cast<std::size_t>(n_threads);
  const double seconds = best_seconds(n_threads, [&](int thread) {
    const std::uint64_t* const begin = array.data() + part * static_cast<std::size_t>(thread);
    std::uint64_t sums[8] = {};
    for (std::size_t i = 0; i + 8 <= part; i += 8)
      for (std::size_t k = 0; k < 8; ++k) sums[k] += begin[i + k];
    for (const std::uint64_t sum : sums) sink += sum;
  });
  return static_cast<double>(part) * n_threads * sizeof(std::uint64_t) / seconds;
}

// --- int8: independent chains, so that the latency of an instruction does not show

constexpr int kChains = 12;
constexpr std::int64_t kLoops = 20'000'000;

struct Kernel {
  void (*run)();
  std::int64_t ops_per_loop;
  const char* name;
};

[[gnu::target("avx512f,avx512vnni")]] void vnni512() {
  __m512i sums[kChains] = {};
  __m512i a = _mm512_set1_epi8(3);
  const __m512i b = _mm512_set1_epi8(2);
  for (std::int64_t i = 0; i < kLoops; ++i) {
    asm volatile("" : "+v"(a));
#pragma GCC unroll 12
    for (auto& sum : sums) sum = _mm512_dpbusd_epi32(sum, a, b);
  }
  for (const auto& sum : sums) sink += static_cast<std::uint64_t>(_mm512_reduce_add_epi32(sum));
}

[[gnu::target("avx2,avxvnni")]] void vnni256() {
  __m256i sums[kChains] = {};
  __m256i a = _mm256_set1_epi8(3);
  const __m256i b = _mm256_set1_epi8(2);
  for (std::int64_t i = 0; i < kLoops; ++i) {
    asm volatile("" : "+x"(a));
#pragma GCC unroll 12
    for (auto& sum : sums) sum = _mm256_dpbusd_avx_epi32(sum, a, b);
  }
  for (const auto& sum : sums) sink += static_cast<std::uint64_t>(_mm256_extract_epi32(sum, 0));
}

[[gnu::target("avx2")]] void avx2() {
  __m256i sums[kChains] = {};
  __m256i a = _mm256_set1_epi8(3);
  const __m256i b = _mm256_set1_epi8(2);
  const __m256i ones = _mm256_set1_epi16(1);
  for (std::int64_t i = 0; i < kLoops; ++i) {
#pragma GCC unroll 12
    for (auto& sum : sums) {
      asm volatile("" : "+x"(a));
      sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(a, b), ones));
    }
  }
  for (const auto& sum : sums) sink += static_cast<std::uint64_t>(_mm256_extract_epi32(sum, 0));
}

Kernel widest_kernel() {
  if (__builtin_cpu_supports("avx512vnni")) return {vnni512, kChains * 128, "AVX-512 VNNI"};
  if (__builtin_cpu_supports("avxvnni")) return {vnni256, kChains * 64, "AVX VNNI"};
  if (__builtin_cpu_supports("avx2")) return {avx2, kChains * 64, "AVX2"};
  std::fprintf(stderr, "machine_limits: no kernel for this processor, which has no AVX2\n");
  std::exit(1);
}

// --- the model

struct Needs {
  std::size_t weight_bytes = 0;  // that a decode reads
  std::int64_t n_weights = 0;    // that a token is multiplied with
  std::int64_t n_head = 0;       // of these, only for tokens whose logits are wanted
};

// Of a dense model: every matrix once, the embeddings only where they are the head too.
Needs needs_of(const char* path) {
  ggml_context* tensors = nullptr;
  gguf_context* file = gguf_init_from_file(path, {.no_alloc = true, .ctx = &tensors});
  if (file == nullptr) {
    std::fprintf(stderr, "machine_limits: %s is no GGUF file\n", path);
    std::exit(1);
  }
  const bool has_head = gguf_find_tensor(file, "output.weight") >= 0;
  Needs needs;
  for (ggml_tensor* tensor = ggml_get_first_tensor(tensors); tensor != nullptr;
       tensor = ggml_get_next_tensor(tensors, tensor)) {
    const std::string_view name = ggml_get_name(tensor);
    if (ggml_n_dims(tensor) < 2 || (has_head && name == "token_embd.weight")) continue;
    needs.weight_bytes += ggml_nbytes(tensor);
    needs.n_weights += ggml_nelements(tensor);
    if (name == (has_head ? "output.weight" : "token_embd.weight")) needs.n_head = ggml_nelements(tensor);
  }
  ggml_free(tensors);
  gguf_free(file);
  return needs;
}

}  // namespace

int main(int argc, char** argv) {
  const int n_threads = argc == 3 ? std::atoi(argv[2]) : 0;
  if (n_threads < 1) {
    std::fprintf(stderr, "usage: machine_limits MODEL.gguf THREADS\n");
    return 2;
  }
  const Needs needs = needs_of(argv[1]);
  const Kernel kernel = widest_kernel();
  const double seconds = best_seconds(n_threads, [&](int) { kernel.run(); });
  const double ops_per_s = static_cast<double>(kernel.ops_per_loop) * kLoops * n_threads / seconds;
  std::printf(
      "{\"threads\": %d, \"kernel\": \"%s\", \"read_bytes_per_s\": %.4g, \"int8_ops_per_s\": %.4g, "
      "\"weight_bytes\": %zu, \"ops_per_output_token\": %.4g, \"ops_per_prompt_token\": %.4g}\n",
      n_threads, kernel.name, read_bytes_per_s(n_threads), ops_per_s, needs.weight_bytes,
      2.0 * static_cast<double>(needs.n_weights), 2.0 * static_cast<double>(needs.n_weights - needs.n_head));
}
