// A Vulkan layer that breaks the device beneath ggml, so that faults come from where they really come. For tests only.
//
//   MINERVA_FAULT_VK_MEMORY       the device has so many bytes of memory: it says so, and allocations beyond fail
//   MINERVA_FAULT_VK_ALLOCATION   the N-th vkAllocateMemory of the process fails (from 1)
//   MINERVA_FAULT_VK_SUBMIT       at the N-th submission of the process the device is lost, for the rest of its life
//   MINERVA_FAULT_VK_LISTING      "abort" or "hang": what the driver does when it is asked for its devices
//   MINERVA_FAULT_VK_ONCE         a file's path: a failing allocation or submission comes in the one process that can make this file
//   MINERVA_FAULT_VK_COUNTS       a file's path: gets "allocations submissions most-bytes" of the process that ends last
//
// Interface: https://github.com/KhronosGroup/Vulkan-Loader/blob/main/docs/LoaderLayerInterface.md, version 2. One instance
// and one device at a time, as ggml uses it. Threads: any.

#include <fcntl.h>
#include <unistd.h>
#include <vulkan/vk_layer.h>
#include <vulkan/vulkan.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace {

std::optional<std::uint64_t> number_of(const char* variable) {
  const char* text = std::getenv(variable);
  return text != nullptr && *text != '\0' ? std::optional{std::strtoull(text, nullptr, 10)} : std::nullopt;
}

// True in the first process that asks, or in every one where no file is named.
bool may_happen() {
  const char* path = std::getenv("MINERVA_FAULT_VK_ONCE");
  if (path == nullptr || *path == '\0') return true;
  const int fd = ::open(path, O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

struct Layer {
  std::mutex mutex;
  PFN_vkGetInstanceProcAddr next_instance = nullptr;
  PFN_vkGetDeviceProcAddr next_device = nullptr;
  VkInstance instance = VK_NULL_HANDLE;
  VkDevice device = VK_NULL_HANDLE;
  std::map<VkDeviceMemory, std::uint64_t> allocated;  // bytes
  std::uint64_t n_bytes = 0;
  std::uint64_t n_most_bytes = 0;
  std::atomic<std::uint64_t> n_allocations{0};
  std::atomic<std::uint64_t> n_submissions{0};
  std::atomic<bool> lost{false};
  const std::optional<std::uint64_t> memory = number_of("MINERVA_FAULT_VK_MEMORY");
  const std::optional<std::uint64_t> fatal_allocation = number_of("MINERVA_FAULT_VK_ALLOCATION");
  const std::optional<std::uint64_t> fatal_submission = number_of("MINERVA_FAULT_VK_SUBMIT");

  ~Layer() { write_counts(); }

  void write_counts() const {
    const char* path = std::getenv("MINERVA_FAULT_VK_COUNTS");
    if (path == nullptr || n_allocations == 0) return;
    if (FILE* file = std::fopen(path, "w")) {
      std::fprintf(file, "%llu %llu %llu\n", static_cast<unsigned long long>(n_allocations.load()),
                   static_cast<unsigned long long>(n_submissions.load()),
                   static_cast<unsigned long long>(n_most_bytes));
      std::fclose(file);
    }
  }
};

Layer& layer() {
  static Layer instance;
  return instance;
}

template <typename Function>
Function next_of_instance(const char* name) {
  return reinterpret_cast<Function>(layer().next_instance(layer().instance, name));
}

template <typename Function>
Function next_of_device(const char* name) {
  return reinterpret_cast<Function>(layer().next_device(layer().device, name));
}

// The loader's link to the layer beneath, in the chain of the create info.
template <typename Link, typename CreateInfo>
Link* find_link(const CreateInfo* info, VkStructureType type) {
  for (auto* at = reinterpret_cast<const VkBaseInStructure*>(info->pNext); at != nullptr; at = at->pNext) {
    auto* link = reinterpret_cast<Link*>(const_cast<VkBaseInStructure*>(at));
    if (at->sType == type && link->function == VK_LAYER_LINK_INFO) return link;
  }
  return nullptr;
}

// --- what is taken over

VkResult VKAPI_CALL create_instance(const VkInstanceCreateInfo* info, const VkAllocationCallbacks* allocator,
                                    VkInstance* instance) {
  auto* link = find_link<VkLayerInstanceCreateInfo>(info, VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO);
  if (link == nullptr) return VK_ERROR_INITIALIZATION_FAILED;
  const auto next = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  const auto create = reinterpret_cast<PFN_vkCreateInstance>(next(VK_NULL_HANDLE, "vkCreateInstance"));
  const VkResult made = create(info, allocator, instance);
  if (made != VK_SUCCESS) return made;
  layer().next_instance = next;
  layer().instance = *instance;
  return made;
}

// As a driver that is broken: ggml asks for the devices when it loads the back end.
VkResult VKAPI_CALL enumerate_devices(VkInstance instance, std::uint32_t* count, VkPhysicalDevice* devices) {
  const char* fault = std::getenv("MINERVA_FAULT_VK_LISTING");
  const std::string_view what = fault == nullptr ? "" : fault;
  if (what == "abort") std::abort();
  while (what == "hang") ::pause();
  return next_of_instance<PFN_vkEnumeratePhysicalDevices>("vkEnumeratePhysicalDevices")(instance, count,
                                                                                        devices);
}

VkResult VKAPI_CALL create_device(VkPhysicalDevice physical, const VkDeviceCreateInfo* info,
                                  const VkAllocationCallbacks* allocator, VkDevice* device) {
  auto* link = find_link<VkLayerDeviceCreateInfo>(info, VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO);
  if (link == nullptr) return VK_ERROR_INITIALIZATION_FAILED;
  const auto next = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  const VkResult made =
      next_of_instance<PFN_vkCreateDevice>("vkCreateDevice")(physical, info, allocator, device);
  if (made != VK_SUCCESS) return made;
  layer().next_device = next;
  layer().device = *device;
  return made;
}

void limit(VkPhysicalDeviceMemoryProperties& properties) {
  if (!layer().memory) return;
  for (std::uint32_t i = 0; i < properties.memoryHeapCount; ++i) {
    VkDeviceSize& size = properties.memoryHeaps[i].size;
    size = std::min<VkDeviceSize>(size, *layer().memory);
  }
}

void VKAPI_CALL memory_properties(VkPhysicalDevice physical, VkPhysicalDeviceMemoryProperties* properties) {
  next_of_instance<PFN_vkGetPhysicalDeviceMemoryProperties>("vkGetPhysicalDeviceMemoryProperties")(
      physical, properties);
  limit(*properties);
}

void VKAPI_CALL memory_properties2(VkPhysicalDevice physical, VkPhysicalDeviceMemoryProperties2* properties) {
  next_of_instance<PFN_vkGetPhysicalDeviceMemoryProperties2>("vkGetPhysicalDeviceMemoryProperties2")(
      physical, properties);
  limit(properties->memoryProperties);
  if (!layer().memory) return;
  for (auto* at = static_cast<VkBaseOutStructure*>(properties->pNext); at != nullptr; at = at->pNext) {
    if (at->sType != VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT) continue;
    auto* budget = reinterpret_cast<VkPhysicalDeviceMemoryBudgetPropertiesEXT*>(at);
    const std::lock_guard lock{layer().mutex};
    for (std::uint32_t i = 0; i < properties->memoryProperties.memoryHeapCount; ++i) {
      budget->heapBudget[i] = std::min<VkDeviceSize>(budget->heapBudget[i], *layer().memory);
      budget->heapUsage[i] = layer().n_bytes;
    }
  }
}

VkResult VKAPI_CALL allocate_memory(VkDevice device, const VkMemoryAllocateInfo* info,
                                    const VkAllocationCallbacks* allocator, VkDeviceMemory* memory) {
  if (++layer().n_allocations == layer().fatal_allocation && may_happen())
    return VK_ERROR_OUT_OF_DEVICE_MEMORY;
  const std::lock_guard lock{layer().mutex};
  if (layer().memory && layer().n_bytes + info->allocationSize > *layer().memory)
    return VK_ERROR_OUT_OF_DEVICE_MEMORY;
  const VkResult made =
      next_of_device<PFN_vkAllocateMemory>("vkAllocateMemory")(device, info, allocator, memory);
  if (made == VK_SUCCESS) {
    layer().allocated[*memory] = info->allocationSize;
    layer().n_bytes += info->allocationSize;
    layer().n_most_bytes = std::max(layer().n_most_bytes, layer().n_bytes);
  }
  return made;
}

void VKAPI_CALL free_memory(VkDevice device, VkDeviceMemory memory, const VkAllocationCallbacks* allocator) {
  {
    const std::lock_guard lock{layer().mutex};
    if (const auto found = layer().allocated.find(memory); found != layer().allocated.end()) {
      layer().n_bytes -= found->second;
      layer().allocated.erase(found);
    }
  }
  next_of_device<PFN_vkFreeMemory>("vkFreeMemory")(device, memory, allocator);
}

bool is_lost() {
  if (++layer().n_submissions == layer().fatal_submission && may_happen()) layer().lost = true;
  return layer().lost;
}

VkResult VKAPI_CALL queue_submit(VkQueue queue, std::uint32_t n, const VkSubmitInfo* submits, VkFence fence) {
  if (is_lost()) return VK_ERROR_DEVICE_LOST;
  return next_of_device<PFN_vkQueueSubmit>("vkQueueSubmit")(queue, n, submits, fence);
}

VkResult VKAPI_CALL queue_submit2(VkQueue queue, std::uint32_t n, const VkSubmitInfo2* submits,
                                  VkFence fence) {
  if (is_lost()) return VK_ERROR_DEVICE_LOST;
  return next_of_device<PFN_vkQueueSubmit2>("vkQueueSubmit2")(queue, n, submits, fence);
}

// --- finding them

PFN_vkVoidFunction own(std::string_view name) {
  static const std::map<std::string_view, PFN_vkVoidFunction> kFunctions{
      {"vkCreateInstance", reinterpret_cast<PFN_vkVoidFunction>(create_instance)},
      {"vkEnumeratePhysicalDevices", reinterpret_cast<PFN_vkVoidFunction>(enumerate_devices)},
      {"vkCreateDevice", reinterpret_cast<PFN_vkVoidFunction>(create_device)},
      {"vkGetPhysicalDeviceMemoryProperties", reinterpret_cast<PFN_vkVoidFunction>(memory_properties)},
      {"vkGetPhysicalDeviceMemoryProperties2", reinterpret_cast<PFN_vkVoidFunction>(memory_properties2)},
      {"vkGetPhysicalDeviceMemoryProperties2KHR", reinterpret_cast<PFN_vkVoidFunction>(memory_properties2)},
      {"vkAllocateMemory", reinterpret_cast<PFN_vkVoidFunction>(allocate_memory)},
      {"vkFreeMemory", reinterpret_cast<PFN_vkVoidFunction>(free_memory)},
      {"vkQueueSubmit", reinterpret_cast<PFN_vkVoidFunction>(queue_submit)},
      {"vkQueueSubmit2", reinterpret_cast<PFN_vkVoidFunction>(queue_submit2)},
      {"vkQueueSubmit2KHR", reinterpret_cast<PFN_vkVoidFunction>(queue_submit2)}};
  const auto found = kFunctions.find(name);
  return found == kFunctions.end() ? nullptr : found->second;
}

PFN_vkVoidFunction VKAPI_CALL device_function(VkDevice device, const char* name) {
  if (std::string_view{name} == "vkGetDeviceProcAddr")
    return reinterpret_cast<PFN_vkVoidFunction>(device_function);
  if (const auto function = own(name)) return function;
  return layer().next_device != nullptr ? layer().next_device(device, name) : nullptr;
}

PFN_vkVoidFunction VKAPI_CALL instance_function(VkInstance instance, const char* name) {
  if (std::string_view{name} == "vkGetInstanceProcAddr")
    return reinterpret_cast<PFN_vkVoidFunction>(instance_function);
  if (std::string_view{name} == "vkGetDeviceProcAddr")
    return reinterpret_cast<PFN_vkVoidFunction>(device_function);
  if (const auto function = own(name)) return function;
  return layer().next_instance != nullptr ? layer().next_instance(instance, name) : nullptr;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) VkResult VKAPI_CALL
vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface* interface) {
  constexpr std::uint32_t kVersion = 2;
  if (interface->loaderLayerInterfaceVersion < kVersion) return VK_ERROR_INITIALIZATION_FAILED;
  interface->loaderLayerInterfaceVersion = kVersion;
  interface->pfnGetInstanceProcAddr = instance_function;
  interface->pfnGetDeviceProcAddr = device_function;
  interface->pfnGetPhysicalDeviceProcAddr = nullptr;
  return VK_SUCCESS;
}
