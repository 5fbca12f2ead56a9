#pragma once
// Kinds of devices as words, wherever a report becomes JSON.

#include <glaze/core/common.hpp>
#include <glaze/core/meta.hpp>

#include "wire/types.h"

template <>
struct glz::meta<minerva::wire::DeviceKind> {
  using enum minerva::wire::DeviceKind;
  static constexpr auto value =
      glz::enumerate("cpu", kCpu, "gpu", kGpu, "integrated_gpu", kIntegratedGpu, "accelerator", kAccelerator);
};
