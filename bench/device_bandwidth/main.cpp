// How fast the memory of one of ggml's devices is. Prints bytes a second.
//
//   device_bandwidth DEVICE
//
// A large tensor is copied to another in one graph; a copied byte is read once and written once. The best of several runs: a limit is
// what can be reached. Drivers compile on the first run.

#include <ggml-alloc.h>
#include <ggml-backend.h>
#include <ggml.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>

namespace {

constexpr int kRuns = 20;
constexpr std::size_t kMostBytes = std::size_t{1} << 30U;
constexpr std::size_t kLeastBytes = std::size_t{16} << 20U;

struct Free {
  void operator()(ggml_backend_t backend) const { ggml_backend_free(backend); }
  void operator()(ggml_context* context) const { ggml_free(context); }
  void operator()(ggml_backend_buffer_t buffer) const { ggml_backend_buffer_free(buffer); }
};
template <typename T>
using Owned = std::unique_ptr<std::remove_pointer_t<T>, Free>;

// Of each of the two tensors: an eighth of the device.
std::size_t tensor_bytes(ggml_backend_dev_t device) {
  std::size_t free = 0;
  std::size_t total = 0;
  ggml_backend_dev_memory(device, &free, &total);
  return std::clamp(free / 8, kLeastBytes, kMostBytes);
}

double bytes_per_s(ggml_backend_dev_t device) {
  const Owned<ggml_backend_t> backend{ggml_backend_dev_init(device, nullptr)};
  const Owned<ggml_context*> context{
      ggml_init({.mem_size = 16 * ggml_tensor_overhead() + ggml_graph_overhead(),
                 .mem_buffer = nullptr,
                 .no_alloc = true})};
  if (!backend || !context) return 0;
  const std::size_t n_bytes = tensor_bytes(device);
  const auto n = static_cast<std::int64_t>(n_bytes / sizeof(float));
  ggml_tensor* const from = ggml_new_tensor_1d(context.get(), GGML_TYPE_F32, n);
  ggml_tensor* const to = ggml_new_tensor_1d(context.get(), GGML_TYPE_F32, n);
  ggml_cgraph* const graph = ggml_new_graph(context.get());
  ggml_build_forward_expand(graph, ggml_cpy(context.get(), from, to));
  const Owned<ggml_backend_buffer_t> buffer{ggml_backend_alloc_ctx_tensors(context.get(), backend.get())};
  if (!buffer) return 0;
  ggml_backend_buffer_clear(buffer.get(), 0);
  double best = 1e9;
  for (int run = 0; run < kRuns; ++run) {
    const auto begin = std::chrono::steady_clock::now();
    if (ggml_backend_graph_compute(backend.get(), graph) != GGML_STATUS_SUCCESS) return 0;
    ggml_backend_synchronize(backend.get());
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  return 2.0 * static_cast<double>(n_bytes) / best;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: device_bandwidth DEVICE\n");
    return 2;
  }
  ggml_backend_load_all();
  ggml_backend_dev_t const device = ggml_backend_dev_by_name(argv[1]);
  const double speed = device != nullptr ? bytes_per_s(device) : 0;
  if (speed <= 0) {
    std::fprintf(stderr, "device_bandwidth: %s cannot be measured\n", argv[1]);
    return 1;
  }
  std::printf("%.0f\n", speed);
  return 0;
}
