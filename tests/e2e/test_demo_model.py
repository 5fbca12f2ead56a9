"""The first thing a user sees: the built-in model, without any flag, answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Iterator

import pytest

from minerva_server import Server


@pytest.fixture(scope="module")
def demo_server(home: Path, demo_model: Path) -> Iterator[Server]:
    with Server(home, demo_model) as server:
        yield server


def test_the_capital_of_france_streams(demo_server: Server) -> None:
    text = ""
    with demo_server.stream("What is the capital of France?") as stream:
        assert stream.status == 200
        assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert stream.headers["cache-control"] == "no-cache"
        events = list(stream.events())
    assert events[-1] == "[DONE]"
    for event in events[:-1]:
        text += json.loads(event)["choices"][0]["delta"].get("content", "")
    assert "Paris" in text


def test_it_counts_to_the_last_number(demo_server: Server) -> None:
    answer = demo_server.chat("Count from 17 to 120.", temperature=0).json()["choices"][0]
    assert answer["finish_reason"] == "stop"
    numbers = [int(word) for word in answer["message"]["content"].replace(",", " ").replace(".", " ").split()]
    assert numbers == list(range(17, 121))
