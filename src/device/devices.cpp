#include "device/devices.h"

#include <ggml-backend.h>
#include <ggml.h>

#include <string_view>

#include "device/back_ends.h"
#include "device/kernel_driver.h"

namespace minerva::device {
namespace {

wire::DeviceKind kind_of(enum ggml_backend_dev_type type) {
  switch (type) {
    case GGML_BACKEND_DEVICE_TYPE_CPU: return wire::DeviceKind::kCpu;
    case GGML_BACKEND_DEVICE_TYPE_GPU: return wire::DeviceKind::kGpu;
    case GGML_BACKEND_DEVICE_TYPE_IGPU: return wire::DeviceKind::kIntegratedGpu;
    case GGML_BACKEND_DEVICE_TYPE_ACCEL: return wire::DeviceKind::kAccelerator;
    case GGML_BACKEND_DEVICE_TYPE_META: break;
  }
  return wire::DeviceKind::kAccelerator;
}

std::string text_of(const char* text) { return text == nullptr ? std::string{} : std::string{text}; }

}  // namespace

std::vector<wire::DeviceInfo> list_devices() {
  load_back_ends(BackEnds::kAll);
  std::vector<wire::DeviceInfo> devices;
  for (std::size_t i = 0; i < ggml_backend_dev_count(); ++i) {
    ggml_backend_dev_t device = ggml_backend_dev_get(i);
    ggml_backend_dev_props props{};
    ggml_backend_dev_get_props(device, &props);
    devices.push_back({.name = text_of(props.name),
                       .description = text_of(props.description),
                       .backend = text_of(ggml_backend_reg_name(ggml_backend_dev_backend_reg(device))),
                       .kind = kind_of(props.type),
                       .memory_free_bytes = props.memory_free,
                       .memory_total_bytes = props.memory_total,
                       .id = text_of(props.device_id),
                       .driver = kernel_driver(text_of(props.device_id))});
  }
  return devices;
}

std::string ggml_version_text() { return std::string{"ggml "} + ggml_version(); }

std::vector<std::string> cpu_features() {
  load_back_ends(BackEnds::kCpu);
  std::vector<std::string> names;
  ggml_backend_reg_t cpu = ggml_backend_reg_by_name("CPU");
  if (cpu == nullptr) return names;
  auto get_features = reinterpret_cast<ggml_backend_get_features_t>(
      ggml_backend_reg_get_proc_address(cpu, "ggml_backend_get_features"));
  if (get_features == nullptr) return names;
  for (const ggml_backend_feature* feature = get_features(cpu); feature->name != nullptr; ++feature) {
    if (std::string_view{feature->value} == "1") names.emplace_back(feature->name);
  }
  return names;
}

}  // namespace minerva::device
