"""A GPU that runs out of memory or is lost, at every place where that can happen: every run ends served."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import vulkan_fault
from conftest import Start
from minerva_server import Server

pytestmark = pytest.mark.skipif(not vulkan_fault.layer_folder().exists(), reason="the fault layer was not built: no Vulkan headers")

COUNT = "Count from 17 to 60"
COUNTED = ", ".join(map(str, range(17, 61)))
SHAPE = ("--ctx-size", "4096", "--parallel", "2")


@pytest.fixture
def on_gpu(start: Start, demo_model: Path | None) -> Any:
    def begin(*flags: str, wait: bool = True, **faults: object) -> Server:
        # The layer runs inside the worker, which may not write files where a test looks for them.
        confined = () if "once" in faults or "counts" in faults else ("--sandbox", "on")
        return start(demo_model, *SHAPE, *(confined or ("--sandbox", "off")), *flags, wait=wait, device=vulkan_fault.DEVICE,
                     environment=vulkan_fault.environment(**faults))

    return begin


def counted(server: Server) -> str:
    reply = server.chat(COUNT, temperature=0, max_tokens=300)
    assert reply.status_code == 200, reply.text
    return reply.json()["choices"][0]["message"]["content"]


def events_of(server: Server) -> list[str]:
    return [event["event"] for event in server.health()["events"]]


def test_the_gpu_computes_what_the_cpu_computes(on_gpu: Any, start: Start, demo_model: Path | None) -> None:
    gpu, cpu = on_gpu(), start(demo_model, "--ctx-size", "4096", "--parallel", "2")
    assert gpu.health()["model"]["n_gpu_layers"] > 0
    assert cpu.health()["model"]["n_gpu_layers"] == 0
    for text in (COUNT, "What is the capital of France?", "What is 12 plus 30?"):
        answers = [s.chat(text, temperature=0, max_tokens=300).json()["choices"][0]["message"]["content"] for s in (gpu, cpu)]
        assert answers[0] == answers[1], text


def test_a_device_that_is_lost_while_it_serves(on_gpu: Any, tmp_path: Path) -> None:
    server = on_gpu(submit=40, once=tmp_path / "lost")
    assert COUNTED in counted(server)
    assert (tmp_path / "lost").exists()
    health = server.health()
    assert health["model"]["n_gpu_layers"] > 0, "a device that comes back is used again"
    assert health["worker"]["restarts"] == 1


def test_a_device_that_is_lost_again_and_again_is_left(on_gpu: Any) -> None:
    server = on_gpu(submit=40)
    assert COUNTED in counted(server)
    health = server.health()
    assert health["model"]["n_gpu_layers"] == 0
    assert "smaller_placement" in events_of(server)
    assert "the CPU" in health["model"]["placement"]


def test_a_small_device_holds_what_fits(on_gpu: Any) -> None:
    server = on_gpu(memory=64 << 20)
    assert COUNTED in counted(server)
    health = server.health()
    assert health["worker"]["restarts"] == 0
    assert health["model"]["n_gpu_layers"] > 0


def test_every_allocation_fails_in_turn_and_every_run_ends_served(on_gpu: Any, tmp_path: Path) -> None:
    counts = tmp_path / "counts"
    with on_gpu(counts=counts) as server:
        assert COUNTED in counted(server)
        server.process.terminate()
        server.process.wait(30)
    n_allocations = int(counts.read_text().split()[0])
    assert n_allocations > 3
    for number in range(1, n_allocations + 1):
        marker = tmp_path / f"allocation-{number}"
        with on_gpu(allocation=number, once=marker) as server:
            assert COUNTED in counted(server), f"allocation {number}"
            assert marker.exists(), f"allocation {number} never came"
            assert server.health()["status"] == "ok"


def test_a_gpu_that_is_required_and_too_small_ends_with_an_error(on_gpu: Any) -> None:
    server = on_gpu("--require-gpu", memory=1 << 20, wait=False)
    assert server.process.wait(60) == 4
    assert "not allowed with --require-gpu" in server.log


def test_a_growing_load_runs_a_small_device_out_of_memory(on_gpu: Any, tmp_path: Path) -> None:
    """What is loaded fits to the byte; the buffers of longer prompts are too much, while another stream runs."""
    counts = tmp_path / "counts"
    asked = ("--gpu-layers", "all", "--batch-size", "512", "--cache-type-k", "f16", "--cache-type-v", "f16")  # nothing is left open
    with on_gpu(*asked, counts=counts) as server:
        server.process.terminate()
        server.process.wait(30)
    n_bytes = int(counts.read_text().split()[2])
    server = on_gpu(*asked, "--ignore-memory-check", memory=n_bytes)
    assert server.health()["model"]["n_gpu_layers"] == 5
    with server.stream(COUNT, temperature=0, max_tokens=300) as stream:
        events = stream.events()
        first = [next(events) for _ in range(8)]
        for n_words in (20, 80, 200):
            assert server.chat("one two three " * n_words, max_tokens=2).status_code == 200
        rest = [*first, *events]
    text = "".join(json.loads(event)["choices"][0]["delta"].get("content", "") for event in rest[:-1])
    assert COUNTED in text
    health = server.health()
    assert health["status"] == "ok"
    assert health["model"]["rung"] > 0
    assert "smaller_placement" in events_of(server)
