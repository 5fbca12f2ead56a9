"""The worker that reads a stranger's file has given up everything else; on this system, with the real programs."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import vulkan_fault
from conftest import Start
from minerva_server import Server

CONFINED = {"Seccomp": "2", "NoNewPrivs": "1"}  # proc_pid_status(5): 2 is a filter


def statuses(server: Server) -> list[dict[str, str]]:
    """Of each thread of the worker."""
    tasks = Path(f"/proc/{server.worker_pid()}/task").iterdir()
    return [dict(re.findall(r"^(\w+):\t(.*)$", (task / "status").read_text(), re.MULTILINE)) for task in tasks]


def is_confined(server: Server) -> bool:
    threads = statuses(server)
    assert len(threads) > 1
    return all(thread[name] == value for thread in threads for name, value in CONFINED.items())


def test_every_thread_is_confined_from_before_the_model_is_read(start: Start, tiny_model: Path) -> None:
    server = start(tiny_model, "--alias", "tiny")
    assert server.chat("hello", max_tokens=4).status_code == 200
    assert is_confined(server)
    sandbox = server.health()["worker"]["sandbox"]
    assert sandbox["system_calls"] and (sandbox["files"] or "Landlock" in sandbox["missing"][0])


def test_everything_that_a_worker_writes_and_reads_besides_still_works(start: Start, demo_model: Path | None, tmp_path: Path) -> None:
    server = start(demo_model, "--sandbox", "on", "--parallel", "1", "--ctx-size", "1024", "--prefix-cache-dir", str(tmp_path / "new" / "prefixes"))
    assert is_confined(server)
    for text in ("Count from 1 to 20", "Count from 30 to 40"):
        assert server.chat(text, max_tokens=100, temperature=0).status_code == 200
    server.eventually("a prefix was written", lambda _: any((tmp_path / "new" / "prefixes").iterdir()))


@pytest.mark.skipif(not vulkan_fault.layer_folder().exists(), reason="no Vulkan headers when this was built")
def test_a_gpu_is_reached_from_inside(start: Start, demo_model: Path | None) -> None:
    server = start(demo_model, "--sandbox", "on", "--parallel", "1", "--ctx-size", "1024", device=vulkan_fault.DEVICE,
                   environment=vulkan_fault.environment())
    assert server.health()["model"]["n_gpu_layers"] > 0
    assert is_confined(server)


def test_the_sandbox_can_be_left_out(start: Start, tiny_model: Path) -> None:
    server = start(tiny_model, "--sandbox", "off")
    assert [thread["Seccomp"] for thread in statuses(server)] == ["0"] * len(statuses(server))
    assert server.health()["worker"]["sandbox"] == {"files": False, "system_calls": False, "missing": []}


def test_a_model_behind_a_symbolic_link_is_read(start: Start, tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir()
    shutil.copy(tiny_model, tmp_path / "blobs" / "1234")
    (tmp_path / "named.gguf").symlink_to("blobs/1234")
    server = start(tmp_path / "named.gguf", "--sandbox", "on")
    assert server.chat("hello", max_tokens=4).status_code == 200
