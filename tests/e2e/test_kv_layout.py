"""One KV memory for all: when it runs out, nobody's answer suffers but in time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from conftest import Start
from minerva_server import Server

QUESTIONS = [f"Count from {first} to {first + 40}." for first in range(1, 9)]
UNIFIED = ["--kv-layout", "unified", "--parallel", "8", "--spec-type", "none"]


def answer(server: Server, question: str) -> dict[str, Any]:
    reply = server.chat(question, temperature=0, max_tokens=150)
    assert reply.status_code == 200, reply.text
    return reply.json()


def text(reply: dict[str, Any]) -> str:
    return reply["choices"][0]["message"]["content"]


@pytest.mark.parametrize("cache_ram", ["auto", "0"])
def test_requests_that_do_not_fit_together_all_get_their_whole_answers(start: Start, demo_model: Path | None, cache_ram: str) -> None:
    """Each needs 138 cells, there are 512. What was set aside comes back from host memory, or is computed again."""
    undisturbed = start(demo_model, "--parallel", "1")
    expected = [text(answer(undisturbed, question)) for question in QUESTIONS]
    server = start(demo_model, *UNIFIED, "--ctx-size", "512", "--cache-ram", cache_ram)
    # Answers much shorter than allowed make the server bolder, so that it admits more than will fit.
    for number in range(40):
        server.chat(f"What is {number} plus 5?", temperature=0, max_tokens=400)
    with ThreadPoolExecutor(len(QUESTIONS)) as clients:
        replies = list(clients.map(lambda question: answer(server, question), QUESTIONS))
    assert [text(reply) for reply in replies] == expected
    assert server.health()["engine"]["n_preemptions"] > 0
    assert server.health()["engine"]["n_running"] == 0


def test_one_request_may_take_all_of_it(start: Start, demo_model: Path | None) -> None:
    server = start(demo_model, *UNIFIED, "--ctx-size", "1024")
    assert server.health()["model"]["kv_layout"] == "unified"
    assert server.health()["model"]["n_ctx_sequence"] == 1024
    too_long = server.chat("hi " * 2000)
    assert too_long.status_code == 400
    assert "1024" in too_long.json()["error"]["message"]


def test_a_shared_beginning_takes_its_cells_once(start: Start, demo_model: Path | None) -> None:
    server = start(demo_model, *UNIFIED, "--ctx-size", "2048")
    document = "There is a long story about a cat and a dog. " * 12
    for question in ("Who are you?", "What is 7 plus 5?", "Count from 1 to 3."):
        answer(server, document + question)
    engine = server.health()["engine"]
    n_prompt = answer(server, document + "Who are you?")["usage"]["prompt_tokens"]
    assert engine["kv_cells_used"] < 2 * n_prompt
