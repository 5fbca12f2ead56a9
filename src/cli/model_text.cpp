#include "cli/model_text.h"

#include <fmt/format.h>

#include <array>

#include "base/bytes.h"

namespace minerva::cli {

std::string count_text(std::uint64_t count) {
  struct Unit {
    double size;
    char letter;
  };
  constexpr std::array<Unit, 4> kUnits{{{1e12, 'T'}, {1e9, 'B'}, {1e6, 'M'}, {1e3, 'K'}}};
  for (const Unit& unit : kUnits) {
    // Half a last digit below the unit, so that 999960 is "1.0M" and not "1000.0K".
    const double scaled = static_cast<double>(count) / unit.size;
    if (scaled >= 0.99995) return fmt::format("{:.1f}{}", scaled, unit.letter);
  }
  return fmt::format("{}", count);
}

std::string model_text(const wire::ModelCard& card) {
  return fmt::format("{}, {} parameters, {}, {}", card.architecture, count_text(card.n_parameters),
                     card.quantization, to_string(Bytes{card.file_bytes}));
}

std::string draft_text(const wire::DraftCard& draft) {
  return fmt::format("{}: {}, {} parameters, {}, {}", draft.name, draft.architecture,
                     count_text(draft.n_parameters), draft.quantization, to_string(Bytes{draft.file_bytes}));
}

namespace {

// " as bf16", where it is not what everybody expects.
std::string kv_form(const wire::ModelCard& card) {
  if (card.cache_type_k != card.cache_type_v)
    return fmt::format(" as {} and {}", card.cache_type_k, card.cache_type_v);
  const bool is_usual = card.cache_type_k.empty() || card.cache_type_k == "f16";
  return is_usual ? std::string{} : fmt::format(" as {}", card.cache_type_k);
}

}  // namespace

std::string context_text(const wire::ModelCard& card) {
  const std::string form = kv_form(card);
  if (card.n_parallel == 1) return fmt::format("{} tokens{}, one request at a time", card.n_ctx, form);
  return fmt::format("{} tokens{}: {} requests at once, {} each", card.n_ctx, form, card.n_parallel,
                     card.n_ctx_sequence);
}

std::string memory_text(const std::vector<wire::DeviceMemory>& memory) {
  std::string text;
  for (const wire::DeviceMemory& device : memory) {
    if (!text.empty()) text += "; ";
    text += fmt::format("{} {} (weights {}, context {}, computation {})", device.device,
                        to_string(Bytes{device.weights_bytes + device.kv_bytes + device.compute_bytes}),
                        to_string(Bytes{device.weights_bytes}), to_string(Bytes{device.kv_bytes}),
                        to_string(Bytes{device.compute_bytes}));
  }
  return text;
}

}  // namespace minerva::cli
