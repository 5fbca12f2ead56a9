"""Prefixes on disk: a conversation goes on after a restart, and after a crash, without its beginning being computed again."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from conftest import Start
from minerva_server import Server, eventually

DOCUMENT = " ".join(f"Item {n} costs {n * 7 % 90} coins." for n in range(60))
FIELDS: dict[str, Any] = {"temperature": 0, "max_tokens": 24, "ignore_eos": True}


def ask(server: Server, question: str) -> tuple[str, int]:
    """The answer, and how much of the prompt was there already."""
    answer = server.post("/v1/chat/completions", json={
        "messages": [{"role": "system", "content": DOCUMENT}, {"role": "user", "content": question}], **FIELDS}).json()
    return answer["choices"][0]["message"]["content"], answer["timings"]["cache_n"]


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_a_document_outlives_the_server(start: Start, demo_model: Path | None, tmp_path: Path, ending: signal.Signals) -> None:
    flags = ["--prefix-cache-dir", str(tmp_path / "prefixes"), "--parallel", "1", "--ctx-size", "2048"]
    first = start(demo_model, *flags)
    answer, n_cached = ask(first, "Who are you?")
    assert n_cached == 0
    eventually("the prefix was on disk", lambda: list(tmp_path.rglob("*.prefix")))
    first.process.send_signal(ending)
    first.process.wait(20)

    second = start(demo_model, *flags)
    assert ask(second, "What is the capital of France?")[1] > 256
    third = start(demo_model, *flags)
    again, n_cached = ask(third, "Who are you?")
    assert (again, n_cached > 256) == (answer, True)


def test_a_damaged_file_costs_nothing_but_time(start: Start, demo_model: Path | None, tmp_path: Path) -> None:
    flags = ["--prefix-cache-dir", str(tmp_path / "prefixes"), "--parallel", "1", "--ctx-size", "2048"]
    first = start(demo_model, *flags)
    answer, _ = ask(first, "Who are you?")
    (path,) = eventually("the prefix was on disk", lambda: list(tmp_path.rglob("*.prefix")))
    first.process.terminate()
    first.process.wait(20)
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    assert ask(start(demo_model, *flags), "Who are you?") == (answer, 0)


def test_a_folder_that_cannot_be_made_is_named(start: Start, demo_model: Path | None, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    server = start(demo_model, "--prefix-cache-dir", str(tmp_path / "file"), wait=False)
    assert server.process.wait(30) != 0
    assert str(tmp_path / "file") in server.log
    assert "cannot be written to" in server.log
