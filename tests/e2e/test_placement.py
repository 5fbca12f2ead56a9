"""What `minerva plan` says is what a server then takes; what a placement taught outlives the server."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Callable

import pytest

import vulkan_fault
from conftest import Start
from minerva_server import clean_environment, program

needs_vulkan = pytest.mark.skipif(not vulkan_fault.layer_folder().exists(),
                                  reason="the fault layer was not built: no Vulkan headers")

MIB = 1 << 20
COUNT = "Count from 17 to 60"
COUNTED = ", ".join(map(str, range(17, 61)))

MODELS = {
    "tiny": ("--preset", "tiny", "--type", "F32"),
    "20m-q8": ("--preset", "20m", "--type", "Q8_0"),
    "deep": ("--preset", "20m", "--layers", "12", "--type", "F16"),
    "258m-q4": ("--preset", "258m", "--type", "Q4_K_M"),
    "mamba": ("--preset", "20m", "--arch", "mamba", "--type", "F16"),
}


def plan(home: Path, model: Path | str, *flags: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program("minerva"), "plan", model, *flags], env=clean_environment(home) | (environment or {}),
                          capture_output=True, text=True, timeout=120)


def planned(home: Path, model: Path, *flags: str, environment: dict[str, str] | None = None) -> dict[str, Any]:
    done = plan(home, model, *flags, "--json", environment=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def compare(report: dict[str, Any], taken: dict[str, dict[str, int]]) -> None:
    """To the rounding of the library's log (5 KiB a line) and the padding of tensors; compute within a tenth."""
    assert report["is_exact"]
    assert {part["device"] for part in report["devices"]} == set(taken)
    for part in report["devices"]:
        real = taken[part["device"]]
        assert part["weights_bytes"] == pytest.approx(real["weights_bytes"], rel=0.002, abs=0.3 * MIB), part
        assert part["kv_bytes"] == pytest.approx(real["kv_bytes"], rel=0.0001, abs=0.02 * MIB), part
        assert part["compute_bytes"] == pytest.approx(real["compute_bytes"], rel=0.1, abs=0.1 * MIB), part


@pytest.mark.parametrize("name", MODELS)
def test_a_model_on_the_cpu_takes_what_was_planned(start: Start, home: Path, forge: Callable[..., Path], name: str) -> None:
    model = forge(name, *MODELS[name])
    shape = ("--ctx-size", "4096", "--parallel", "2")
    report = planned(home, model, *shape, "--device", "none", "--threads", "1")
    assert [part["device"] for part in report["devices"]] == ["CPU"]
    server = start(model, *shape)
    compare(report, server.health()["model"]["memory"])


@needs_vulkan
@pytest.mark.parametrize("limit", [None, 60])
@pytest.mark.parametrize("name", MODELS)
def test_a_model_on_a_gpu_takes_what_was_planned(start: Start, home: Path, forge: Callable[..., Path], name: str,
                                                 limit: int | None) -> None:
    model = forge(name, *MODELS[name])
    shape = ["--ctx-size", "4096", "--parallel", "2"]
    if limit:
        shape += ["--gpu-memory-limit", f"{limit}M"]
    environment = vulkan_fault.environment()
    report = planned(home, model, *shape, "--device", vulkan_fault.DEVICE, "--threads", "1", environment=environment)
    server = start(model, *shape, device=vulkan_fault.DEVICE, environment=environment)
    health = server.health()
    assert health["model"]["n_gpu_layers"] == report["n_gpu_layers"]
    if report["n_gpu_layers"]:
        compare(report, health["model"]["memory"])
    if limit:
        assert all(part["sum_bytes"] <= limit * MIB for part in report["devices"] if part["device"] != "CPU")
    assert server.chat("Hello", max_tokens=4).status_code == 200


def test_the_table_is_for_people(home: Path, tiny_model: Path) -> None:
    done = plan(home, tiny_model, "--device", "none")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("device ")
    assert "Everything runs on the CPU" in done.stdout


def test_what_cannot_be_planned_is_said_as_by_serve(home: Path, tiny_model: Path, forge: Callable[..., Path]) -> None:
    missing = plan(home, "nothing-here.gguf")
    assert (missing.returncode, missing.stdout) == (3, "")
    assert "there is no file nothing-here.gguf" in missing.stderr
    broken = plan(home, forge("cut", "--preset", "tiny", "--break", "truncated"))
    assert broken.returncode == 3 and "download it again" in broken.stderr
    device = plan(home, tiny_model, "--device", "Vulkan77")
    assert device.returncode == 4 and "there is no device Vulkan77" in device.stderr


def test_a_limit_makes_what_is_open_smaller_and_then_refuses(home: Path, forge: Callable[..., Path]) -> None:
    model = forge("258m-q4", *MODELS["258m-q4"])
    free = planned(home, model, "--device", "none")
    assert free["n_ctx"] == 32768
    tight = planned(home, model, "--device", "none", "--memory-limit", "400M")
    assert tight["n_ctx"] == 16384 and tight["cache_type_k"] == "q8_0" and tight["n_batch"] == 128
    assert "To fit, it has" in tight["placement"]
    assert tight["devices"][-1]["sum_bytes"] <= 400 * MIB
    asked = plan(home, model, "--device", "none", "--memory-limit", "400M", "--ctx-size", "32768", "--cache-type-k", "f16",
                 "--json")
    assert asked.returncode == 4
    assert "is allowed: raise the limit" in json.loads(asked.stdout)["error"]["message"]


@needs_vulkan
def test_a_driver_that_ends_the_worker_leaves_the_cpu(start: Start, demo_model: Path | None, tmp_path: Path) -> None:
    """Asked for its devices it aborts; the last rung asks it nothing, and the next server knows."""
    environment = vulkan_fault.environment(listing="abort") | {"XDG_CACHE_HOME": str(tmp_path)}
    with start(demo_model, device=vulkan_fault.DEVICE, environment=environment) as server:
        health = server.health()
        assert health["model"]["rung"] == 8 and health["model"]["n_gpu_layers"] == 0
        assert health["worker"]["restarts"] == 2
        assert COUNTED in server.chat(COUNT, temperature=0, max_tokens=300).json()["choices"][0]["message"]["content"]
    again = start(demo_model, device=vulkan_fault.DEVICE, environment=environment)
    health = again.health()
    assert health["worker"]["restarts"] == 0
    assert health["model"]["rung"] == 8
    assert "had to be made smaller here" in health["events"][0]["what"]
    assert COUNTED in again.chat(COUNT, temperature=0, max_tokens=300).json()["choices"][0]["message"]["content"]


@needs_vulkan
def test_without_gpus_no_driver_is_asked(start: Start, demo_model: Path | None) -> None:
    server = start(demo_model, environment=vulkan_fault.environment(listing="abort"))
    assert server.health()["worker"]["restarts"] == 0
