"""A model whose memory cannot be cut: the same answers, and what was computed is found where it was kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest

from conftest import Start
from minerva_server import Server

FIELDS: dict[str, Any] = {"temperature": 0, "max_tokens": 12, "ignore_eos": True}
DOCUMENT = "A long story about a cat that wanted to see the sea and never came further than the garden wall. " * 4


@pytest.fixture(scope="session")
def recurrent_model(forge: Callable[..., Path]) -> Path:
    return forge("recurrent", "--preset", "tiny", "--arch", "mamba")


def ask(server: Server, question: str) -> tuple[str, int, int]:
    reply = server.post("/v1/chat/completions", json={
        "messages": [{"role": "system", "content": DOCUMENT}, {"role": "user", "content": question}], **FIELDS}).json()
    return reply["choices"][0]["message"]["content"], reply["timings"]["cache_n"], reply["usage"]["prompt_tokens"]


def test_checkpoints_give_the_same_answers_sooner(start: Start, recurrent_model: Path) -> None:
    questions = ["Who is it about?", "Where did it want to go?", "How far did it come?"]
    plain = start(recurrent_model, "--cache-ram", "0", "--parallel", "1")
    expected = [ask(plain, question)[0] for question in questions]
    server = start(recurrent_model, "--parallel", "1", "--cache-ram", "64")
    answers = [ask(server, question) for question in questions]
    assert [text for text, _, _ in answers] == expected
    # The second one showed where the document ends; the third begins there.
    assert answers[0][1] == 0
    assert answers[2][1] > len(DOCUMENT) // 8
    again = ask(server, questions[0])
    assert again[0] == expected[0]
    assert again[1] >= again[2] - 17
