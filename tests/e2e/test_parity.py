"""Greedy text is the library's, not ours: Minerva and llama-server give the same on the same file and prompts."""

from __future__ import annotations

import concurrent.futures
import contextlib
import shutil
import subprocess
from pathlib import Path
from typing import Iterator

import httpx
import pytest

from minerva_server import PATIENCE, REPOSITORY, START_DEADLINE, Server, eventually, free_port

# Things that the demo model knows, so that no answer hangs on a near tie between two tokens.
PROMPTS = [
    "What is the capital of France?",
    "What is the capital of Japan?",
    "What is 7 plus 5?",
    "What is the chemical symbol for gold?",
    "Who are you?",
    "Count from 1 to 40.",
    "Count from 117 to 230.",
    "My name is Zorvak. What is my name?",
]


@pytest.fixture(scope="module")
def model(demo_model: Path | None) -> Path:
    return demo_model or REPOSITORY / "models/minerva-demo.gguf"


@contextlib.contextmanager
def llama_server(model: Path) -> Iterator[str]:
    port = free_port()
    command = ["llama-server", "--model", str(model), "--port", str(port), "--device", "none", "--threads", "2",
               "--jinja", "--ctx-size", "8192", "--parallel", "4"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"

    def healthy() -> bool:
        assert process.poll() is None, "llama-server ended at its start"
        try:
            return httpx.get(url + "/health", timeout=PATIENCE).status_code == 200
        except httpx.TransportError:
            return False

    try:
        eventually("llama-server was ready", healthy, START_DEADLINE)
        yield url
    finally:
        process.kill()
        process.wait()


def greedy(url: str, prompt: str) -> str:
    # llama-server lets a model think by default where its template can.
    body = {"messages": [{"role": "user", "content": prompt}], "temperature": 0, "max_tokens": 700,
            "chat_template_kwargs": {"enable_thinking": False}}
    response = httpx.post(url + "/v1/chat/completions", json=body, timeout=300)
    assert response.status_code == 200, response.text
    return response.json()["choices"][0]["message"]["content"]


@pytest.mark.skipif(shutil.which("llama-server") is None, reason="llama-server (package llama.cpp-tools) is not installed")
def test_greedy_text_equals_llama_servers(home: Path, model: Path) -> None:
    with llama_server(model) as peer, Server(home, model) as ours:
        expected = {prompt: greedy(peer, prompt) for prompt in PROMPTS}
        alone = {prompt: greedy(ours.url, prompt) for prompt in PROMPTS}
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            together = dict(zip(PROMPTS, pool.map(lambda prompt: greedy(ours.url, prompt), PROMPTS)))
    assert alone == expected
    assert together == expected
