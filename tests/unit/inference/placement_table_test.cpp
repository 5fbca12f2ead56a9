// Real models on machines as people have them: what is placed where. Sizes are computed from the published shapes; the
// expectations agree with a second program of the same rules, written for this, and the sizes of two models with their published files.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "inference/model_forms.h"
#include "inference/placement.h"

namespace minerva::inference {
namespace {

using wire::DeviceInfo;
using wire::DeviceKind;

constexpr double kF16 = 16;
constexpr double kQ8 = 8.5;
constexpr double kQ4KM = 4.85;  // bits a weight on average, as llama-quantize says of such files

struct Shape {
  std::uint32_t layers, width, heads, kv_heads, head_width, ff, vocab, context;
  std::uint32_t experts = 1;
  bool has_output = true;
};

// Of the models' published configurations.
constexpr Shape kLlama1B{16, 2048, 32, 8, 64, 8192, 128256, 131072, 1, false};   // Llama 3.2 1B
constexpr Shape kLlama3B{28, 3072, 24, 8, 128, 8192, 128256, 131072, 1, false};  // Llama 3.2 3B
constexpr Shape kLlama8B{32, 4096, 32, 8, 128, 14336, 128256, 131072};           // Llama 3.1 8B
constexpr Shape kLlama13B{40, 5120, 40, 40, 128, 13824, 32000, 4096};            // Llama 2 13B
constexpr Shape kQwen14B{48, 5120, 40, 8, 128, 13824, 152064, 32768};            // Qwen2.5 14B
constexpr Shape kQwen32B{64, 5120, 40, 8, 128, 27648, 152064, 32768};            // Qwen2.5 32B
constexpr Shape kLlama70B{80, 8192, 64, 8, 128, 28672, 128256, 131072};          // Llama 3.1 70B
constexpr Shape kMixtral{32, 4096, 32, 8, 128, 14336, 32000, 32768, 8};          // Mixtral 8x7B
constexpr Shape kQwen30BA3B{48, 2048, 32, 4, 128, 768, 151936, 40960, 128};      // Qwen3 30B-A3B
constexpr Shape kDemo{4, 256, 4, 2, 64, 1024, 4096, 8192};

ModelFile file_of(const Shape& s, double bits) {
  const auto bytes = [&](double n_weights) { return static_cast<std::uint64_t>(n_weights * bits / 8); };
  const double attention = 2.0 * s.width * s.heads * s.head_width + 2.0 * s.width * s.kv_heads * s.head_width;
  const double layer = attention + 3.0 * s.width * s.ff * s.experts;
  ModelFile file;
  file.n_layers = s.layers;
  file.n_ctx_train = s.context;
  file.n_embd = s.width;
  file.n_ff = s.ff;
  file.n_head = s.heads;
  file.n_vocab = s.vocab;
  file.input_bytes = bytes(1.0 * s.width * s.vocab);
  file.output_bytes = s.has_output ? file.input_bytes : 0;
  file.has_output = s.has_output;
  file.layer_bytes.assign(s.layers, bytes(layer));
  file.kv_bytes_per_layer = 4ULL * s.kv_heads * s.head_width;
  file.file_bytes = file.input_bytes + file.output_bytes + s.layers * bytes(layer);
  return file;
}

constexpr std::uint64_t gib(double n) {
  return static_cast<std::uint64_t>(n * static_cast<double>(kGiB.value));
}

// A machine: its GPUs, and what of the host's memory there is and is free.
struct Machine {
  std::vector<double> gpus{};  // GiB each, all but a little of it free
  DeviceKind kind = DeviceKind::kGpu;
  double host = 64;
  double host_free = 60;
  double limit = 0;  // --memory-limit
};

struct Row {
  const char* name;
  Shape shape;
  double bits;
  Machine machine;
  std::uint32_t n_ctx = 0;  // --ctx-size
  std::uint32_t n_gpu_layers = 0;
  const char* smaller = "";  // of the form
  bool fits = true;
};

constexpr const char* kBatch = "batches of 128 tokens";
constexpr const char* kQ8Kv = "batches of 128 tokens, the KV cache as q8_0";

const std::vector<Row>& rows() {
  static const std::vector<Row> kRows{
      {"DemoOn64MiB",
       kDemo,
       kF16,
       {.gpus = {0.0625}},
       0,
       5,
       "batches of 128 tokens, the KV cache as q8_0, a context of 16384 tokens",
       true},
      {"Demo1KContextOn64MiB", kDemo, kF16, {.gpus = {0.0625}}, 4096, 5, "", true},
      {"Llama1BQ4On4", kLlama1B, kQ4KM, {.gpus = {4}}, 0, 17, "", true},
      {"Llama1BF16On4", kLlama1B, kF16, {.gpus = {4}}, 0, 17, kQ8Kv, true},
      {"Llama3BQ4On4",
       kLlama3B,
       kQ4KM,
       {.gpus = {4}},
       0,
       29,
       "batches of 128 tokens, the KV cache as q8_0, a context of 16384 tokens",
       true},
      {"Llama3BQ4On6", kLlama3B, kQ4KM, {.gpus = {6}}, 0, 29, kQ8Kv, true},
      {"Llama3BQ8On6",
       kLlama3B,
       kQ8,
       {.gpus = {6}},
       0,
       29,
       "batches of 128 tokens, the KV cache as q8_0, a context of 16384 tokens",
       true},
      {"Llama8BQ4On4", kLlama8B, kQ4KM, {.gpus = {4}}, 0, 12, "", true},
      {"Llama8BQ4On6", kLlama8B, kQ4KM, {.gpus = {6}}, 0, 18, "", true},
      {"Llama8BQ4On8",
       kLlama8B,
       kQ4KM,
       {.gpus = {8}},
       0,
       33,
       "batches of 128 tokens, the KV cache as q8_0, a context of 16384 tokens",
       true},
      {"Llama8BQ4On12", kLlama8B, kQ4KM, {.gpus = {12}}, 0, 33, "", true},
      {"Llama8BQ8On12",
       kLlama8B,
       kQ8,
       {.gpus = {12}},
       0,
       33,
       "batches of 128 tokens, the KV cache as q8_0, a context of 16384 tokens",
       true},
      {"Llama8BF16On16", kLlama8B, kF16, {.gpus = {16}}, 0, 22, "", true},
      {"Llama8BF16On24", kLlama8B, kF16, {.gpus = {24}}, 0, 33, "", true},
      {"Llama8BQ4WithItsContextOn8", kLlama8B, kQ4KM, {.gpus = {8}}, 32768, 24, "", true},
      {"Llama8BQ4WithALongContextOn24", kLlama8B, kQ4KM, {.gpus = {24}}, 131072, 33, kQ8Kv, true},
      {"Llama13BQ4On12",
       kLlama13B,
       kQ4KM,
       {.gpus = {12}},
       0,
       41,
       "batches of 128 tokens, the KV cache as q8_0, a context of 4096 tokens",
       true},
      {"Llama13BQ4On24", kLlama13B, kQ4KM, {.gpus = {24}}, 0, 41, kQ8Kv, true},
      {"Qwen14BQ4On12",
       kQwen14B,
       kQ4KM,
       {.gpus = {12}},
       0,
       49,
       "batches of 128 tokens, the KV cache as q8_0, a context of 16384 tokens",
       true},
      {"Qwen14BQ4On16", kQwen14B, kQ4KM, {.gpus = {16}}, 0, 49, kQ8Kv, true},
      {"Qwen14BQ8On24", kQwen14B, kQ8, {.gpus = {24}}, 0, 49, kQ8Kv, true},
      {"Qwen32BQ4On16", kQwen32B, kQ4KM, {.gpus = {16}}, 0, 31, "", true},
      {"Qwen32BQ4On24", kQwen32B, kQ4KM, {.gpus = {24}}, 0, 47, "", true},
      {"Qwen32BQ4OnTwo24", kQwen32B, kQ4KM, {.gpus = {24, 24}}, 0, 65, "", true},
      {"Qwen32BQ8On48", kQwen32B, kQ8, {.gpus = {48}}, 0, 65, kQ8Kv, true},
      {"Llama70BQ4On24", kLlama70B, kQ4KM, {.gpus = {24}}, 0, 31, "", true},
      {"Llama70BQ4OnTwo24", kLlama70B, kQ4KM, {.gpus = {24, 24}}, 0, 62, "", true},
      {"Llama70BQ4On48", kLlama70B, kQ4KM, {.gpus = {48}}, 0, 62, "", true},
      {"Llama70BQ4On80", kLlama70B, kQ4KM, {.gpus = {80}}, 0, 81, "", true},
      {"Llama70BQ4OnUnequal", kLlama70B, kQ4KM, {.gpus = {48, 12}}, 0, 81, kQ8Kv, true},
      {"MixtralQ4On24", kMixtral, kQ4KM, {.gpus = {24}}, 0, 21, "", true},
      {"MixtralQ4On48", kMixtral, kQ4KM, {.gpus = {48}}, 0, 33, "", true},
      {"Qwen30BA3BQ4On24", kQwen30BA3B, kQ4KM, {.gpus = {24}}, 0, 49, kQ8Kv, true},
      {"Qwen30BA3BQ8On48", kQwen30BA3B, kQ8, {.gpus = {48}}, 0, 49, "", true},
      {"Llama1BQ4OnIntegrated8",
       kLlama1B,
       kQ4KM,
       {.gpus = {8}, .kind = DeviceKind::kIntegratedGpu, .host = 8, .host_free = 6},
       0,
       17,
       "",
       true},
      {"Llama8BQ4OnIntegrated16",
       kLlama8B,
       kQ4KM,
       {.gpus = {16}, .kind = DeviceKind::kIntegratedGpu, .host = 16, .host_free = 13},
       0,
       33,
       kQ8Kv,
       true},
      {"Llama8BQ4OnIntegrated32",
       kLlama8B,
       kQ4KM,
       {.gpus = {32}, .kind = DeviceKind::kIntegratedGpu, .host = 32, .host_free = 28},
       0,
       33,
       "",
       true},
      {"Qwen32BQ4OnIntegrated64",
       kQwen32B,
       kQ4KM,
       {.gpus = {64}, .kind = DeviceKind::kIntegratedGpu, .host = 64, .host_free = 58},
       0,
       65,
       "",
       true},
      {"Llama1BQ4OnCpu4", kLlama1B, kQ4KM, {.host = 4, .host_free = 3.2}, 0, 0, "", true},
      {"Llama8BQ4OnCpu4",
       kLlama8B,
       kQ4KM,
       {.host = 4, .host_free = 3.2},
       0,
       0,
       "batches of 128 tokens, the KV cache as q8_0, a context of 8192 tokens",
       false},
      {"Llama8BQ4OnCpu8",
       kLlama8B,
       kQ4KM,
       {.host = 8, .host_free = 6.5},
       0,
       0,
       "batches of 128 tokens, the KV cache as q8_0, a context of 16384 tokens",
       true},
      {"Llama8BQ4OnCpu16", kLlama8B, kQ4KM, {.host = 16, .host_free = 14}, 0, 0, "", true},
      {"Llama70BQ4OnCpu64", kLlama70B, kQ4KM, {.host = 64, .host_free = 60}, 0, 0, kQ8Kv, true},
      {"Llama8BQ4InAGroupOf6",
       kLlama8B,
       kQ4KM,
       {.host = 6, .host_free = 6},
       0,
       0,
       "batches of 128 tokens, the KV cache as q8_0, a context of 8192 tokens",
       true},
      {"Llama8BQ4WithinALimitOf7",
       kLlama8B,
       kQ4KM,
       {.host = 64, .host_free = 60, .limit = 7},
       0,
       0,
       kQ8Kv,
       true},
      {"Llama8BQ4OnAGpuAndASmallHost",
       kLlama8B,
       kQ4KM,
       {.gpus = {6}, .host = 4, .host_free = 2},
       0,
       29,
       "batches of 128 tokens, the KV cache as q8_0, a context of 16384 tokens",
       true},
      {"Llama70BQ4OnAGpuAndAHostThatCannotHoldTheRest",
       kLlama70B,
       kQ4KM,
       {.gpus = {24}, .host = 16, .host_free = 14},
       0,
       0,
       "batches of 128 tokens, the KV cache as q8_0, a context of 8192 tokens",
       false},
  };
  return kRows;
}

class PlacementTable : public testing::TestWithParam<Row> {};

TEST_P(PlacementTable, GoesWhereItFits) {
  const Row& row = GetParam();
  const ModelFile file = file_of(row.shape, row.bits);
  wire::LoadOptions options;
  options.n_ctx = row.n_ctx;
  const auto open = open_forms(options, file, {});
  ASSERT_TRUE(open) << to_string(open.error());
  std::vector<Form> forms;
  for (const OpenForm& form : *open) forms.push_back(form.form);
  std::vector<Room> rooms;
  for (const double size : row.machine.gpus) {
    rooms.push_back(room_of({.name = fmt::format("GPU{}", rooms.size()),
                             .description = "a GPU",
                             .backend = "test",
                             .kind = row.machine.kind,
                             .memory_free_bytes = gib(size * 0.97),
                             .memory_total_bytes = gib(size)},
                            0, {}));
  }
  const PlacementQuestion question{.forms = forms,
                                   .gpus = rooms,
                                   .host = room_of({.name = "CPU",
                                                    .description = "the host",
                                                    .backend = "CPU",
                                                    .kind = DeviceKind::kCpu,
                                                    .memory_free_bytes = gib(row.machine.host_free),
                                                    .memory_total_bytes = gib(row.machine.host)},
                                                   gib(row.machine.limit), {}),
                                   .cache_ram_mib = wire::kCacheRamAuto};
  const Placement placement = choose_placement(question);
  EXPECT_EQ(placement.n_gpu_layers, row.n_gpu_layers) << placement.sentence;
  EXPECT_EQ(forms[placement.form].smaller, row.smaller) << placement.sentence;
  EXPECT_EQ(check_memory(placement, question).has_value(), row.fits);

  // Whatever was chosen: every layer is somewhere, and no GPU has more than its share.
  std::uint32_t n_layers = 0;
  for (const wire::DevicePlan& part : placement.ledger) {
    n_layers += part.n_layers;
    if (&part == &placement.ledger.back()) continue;
    EXPECT_LE(part.sum_bytes, part.may_use_bytes) << part.device;
  }
  EXPECT_EQ(n_layers, file.n_layers + 1);
}

INSTANTIATE_TEST_SUITE_P(Machines, PlacementTable, testing::ValuesIn(rows()),
                         [](const auto& row) { return std::string{row.param.name}; });

}  // namespace
}  // namespace minerva::inference
