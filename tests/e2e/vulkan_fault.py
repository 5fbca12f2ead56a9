"""The software GPU that every machine has (Mesa's llvmpipe), and faults beneath ggml on it: tests/vulkan_fault."""

from __future__ import annotations

import os
from pathlib import Path

from minerva_server import REPOSITORY

DEVICE = "Vulkan0"
LAYER = "VK_LAYER_MINERVA_fault"


def layer_folder() -> Path:
    """Beside the programs under test."""
    binaries = Path(os.environ.get("MINERVA_BIN_DIR", REPOSITORY / "build/release/bin"))
    return binaries.parent / "vulkan_fault"


def environment(**faults: object) -> dict[str, str]:
    """`allocation=3, once=path` as the layer's variables; without faults the device is sound."""
    variables = {f"MINERVA_FAULT_VK_{name.upper()}": str(value) for name, value in faults.items()}
    return {"GGML_VK_VISIBLE_DEVICES": "0", "VK_LAYER_PATH": str(layer_folder()), "VK_INSTANCE_LAYERS": LAYER} | variables
