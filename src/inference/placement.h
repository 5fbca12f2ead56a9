#pragma once
// What of a model goes where, and in which form. Pure: sizes and devices in, a choice and the sentence that explains it out.
//
// Automatic choices stay within a share of each memory, so that the machine stays usable: four fifths of a discrete GPU,
// half of an integrated one's, and of the host's what leaves the system a quarter; never more than is free, nor than a limit
// that was set. What a person asked for is refused only where it cannot be had (check_memory).

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "inference/memory_ledger.h"
#include "wire/types.h"

namespace minerva::inference {

// One memory: a GPU's, or the host's.
struct Room {
  wire::DeviceInfo device;  // of the host: name "CPU", with its control groups' limits
  std::uint64_t limit = 0;  // set by a person; 0: none
  std::uint64_t margin = 0;

  // What automatic choices may take, the margin in it; without limit where the device says nothing of itself.
  [[nodiscard]] std::uint64_t may_use() const;
  // More cannot be had; 0: the device does not say.
  [[nodiscard]] std::uint64_t most() const;
};

// The margin that was learnt for the device (wire::DeviceMargin), or the usual one: 64 MiB, of a small device an eighth.
[[nodiscard]] Room room_of(const wire::DeviceInfo& device, std::uint64_t limit,
                           std::span<const wire::DeviceMargin> learnt);
// As margins name a device.
[[nodiscard]] std::string margin_key(const wire::DeviceInfo& device);

// The GPUs to use of those that may be used. `named` says that a person asked for them by name; otherwise devices that only
// imitate a GPU on the CPU are left out, and integrated ones count only where there is no other.
[[nodiscard]] std::vector<wire::DeviceInfo> usable_gpus(std::span<const wire::DeviceInfo> gpus, bool named);

// What a draft model will take beside the model, by device.
using DraftRoom = std::map<std::string, std::uint64_t, std::less<>>;

// A form of the model that the options leave open, and how it differs from what would be best: "batches of 128 tokens".
struct Form {
  ContextShape shape;
  ModelSizes sizes;
  std::string smaller{};  // empty: in nothing
};

struct PlacementQuestion {
  std::span<const Form> forms;  // the best first; at least one
  std::span<const Room> gpus;   // to be used
  std::string left_out{};       // a device that is not used because it imitates a GPU
  Room host;
  std::int32_t n_gpu_layers = wire::kGpuLayersAuto;  // as LoadOptions has it
  std::uint32_t cache_ram_mib = 0;                   // likewise
  DraftRoom draft{};
};

struct Placement {
  std::size_t form = 0;                // of the question's
  std::uint32_t n_gpu_layers = 0;      // the output counts as one more layer, as in llama.cpp
  std::vector<std::string> devices{};  // GPUs that have layers, by name; empty: the CPU alone
  LayerSplit split{};                  // over these
  std::string sentence{};
  std::vector<wire::DevicePlan> ledger{};  // of these, the CPU's last
};

// Layers: as many as fit, all of them in the best form that allows it, else in the best form whatever fits. A number is
// obeyed, and so is everything that the forms have in common.
[[nodiscard]] Placement choose_placement(const PlacementQuestion& question);

// A ledger whose sums, caches, margins and rooms are filled in; weights, KV and compute are there.
void complete_ledger(std::vector<wire::DevicePlan>& ledger, const PlacementQuestion& question);

// kModelOutOfMemory with the numbers when the placement cannot fit into what there is.
[[nodiscard]] Status check_memory(const Placement& placement, const PlacementQuestion& question);

}  // namespace minerva::inference
