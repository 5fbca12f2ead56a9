"""Model files from strangers: broken in hundreds of ways, each is refused with a sentence or served, and none ends the server."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable

import pytest

from conftest import Start
from minerva_server import REPOSITORY, clean_environment, free_port, program

sys.path.insert(0, str(REPOSITORY / "tools/forge-model"))

import corpus  # noqa: E402
import gguf_file  # noqa: E402

MODEL, MEMORY = 3, 4  # exit statuses
SHAPE = ("--layers", "1", "--width", "32", "--heads", "2", "--kv-heads", "1", "--ff", "32", "--vocab", "356", "--context", "64",
         "--type", "F32")
FLAGS = ("--device", "none", "--ctx-size", "256", "--parallel", "1")


@pytest.fixture(scope="module")
def sound(forge: Callable[..., Path]) -> Path:
    return forge("sound", "--preset", "tiny", *SHAPE)


def verdict(path: Path, home: Path) -> str:
    """What the server says: the error it ends with, or its answer's status when it serves."""
    port = free_port()
    with subprocess.Popen([program("minerva"), "serve", "--model", path, "--port", str(port), *FLAGS], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True, env=clean_environment(home)) as server:
        assert server.stderr is not None
        for line in server.stderr:
            if line.startswith("ready in ") or line.startswith("minerva: "):
                break
        else:
            raise AssertionError("it said nothing")
        if not line.startswith("minerva: "):
            server.terminate()
            return "serves"
        return f"{server.wait(30)} {line.removeprefix('minerva: ').strip()}"


def said_of(cases: dict[str, bytes], home: Path, folder: Path) -> list[str]:
    """In their order; two are tried at once."""

    def try_one(number: int, data: bytes) -> str:
        path = folder / f"{number}.gguf"
        path.write_bytes(data)
        return verdict(path, home)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(try_one, range(len(cases)), cases.values()))


def test_the_parts_of_a_file_make_the_file(sound: Path) -> None:
    assert gguf_file.read(sound).written() == sound.read_bytes()


def test_a_broken_file_is_refused_with_a_sentence_or_served(sound: Path, home: Path, tmp_path: Path) -> None:
    cases = dict(corpus.cases(gguf_file.read(sound)))
    assert len(cases) > 300
    said = dict(zip(cases, said_of(cases, home, tmp_path)))
    refused = {name for name, words in said.items()
               if words.startswith((f"{MODEL} {tmp_path}", f"{MEMORY} the model needs ")) and len(words) < 1000 and words.isprintable()}
    assert len(refused) > 250
    wrong = [f"{name}: {words[:300]}" for name, words in said.items()
             if name not in refused and (words != "serves" or name.startswith("cut "))]
    assert not wrong, "\n".join(wrong)


def test_a_model_that_is_replaced_by_a_broken_one_leaves_the_server_alive(start: Start, sound: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(sound.read_bytes())
    server = start(path, "--alias", "mine", "--parallel", "1")
    broken = path.with_suffix(".new")
    broken.write_bytes(sound.read_bytes()[:5000])
    broken.replace(path)
    os.kill(server.worker_pid(), 9)
    health = server.eventually("the worker is given up", lambda health: health["worker"]["state"] == "failed")
    assert "cut short" in health["worker"]["last_error"]["message"]
    refused = server.chat("hello", max_tokens=1)
    assert refused.status_code == 500 and "cut short" in refused.json()["error"]["message"]
