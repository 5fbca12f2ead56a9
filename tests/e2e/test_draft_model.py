"""A draft model: the same answers in fewer steps, and none of it where it does not pay."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

import pytest

from conftest import Start
from minerva_server import REPOSITORY, Server

DEMO = REPOSITORY / "models/minerva-demo.gguf"
# Answers of some length, in which the model goes on when it might end.
QUESTIONS = ["Count from 1 to 40.", "What is the capital of France?", "How do I load a real model?"]
GREEDY: dict[str, Any] = {"temperature": 0, "max_tokens": 200, "ignore_eos": True}

Relayered = Callable[[int], Path]


@pytest.fixture(scope="session")
def relayered(tmp_path_factory: pytest.TempPathFactory) -> Relayered:
    """The demo model with more layers, which says the same and takes longer, or with fewer."""
    folder = tmp_path_factory.mktemp("relayered")

    def make(n_layers: int) -> Path:
        path = folder / f"demo-{n_layers}.gguf"
        if not path.exists():
            subprocess.run([sys.executable, "-B", REPOSITORY / "tools/forge-model/layers.py", DEMO, path,
                            "--layers", str(n_layers)], check=True)
        return path

    return make


def answer(server: Server, question: str, **fields: Any) -> tuple[str, dict[str, Any]]:
    reply = server.chat(question, **fields).json()
    return reply["choices"][0]["message"]["content"], reply["timings"]


def test_a_model_that_agrees_is_nearly_always_right(start: Start, relayered: Relayered) -> None:
    deep = relayered(48)
    drafting = start(deep, "--spec-type", "none", "--draft-model", str(DEMO))
    plain = start(deep, "--spec-type", "none")
    n_drafted = n_accepted = 0
    for question in QUESTIONS:
        ahead, timings = answer(drafting, question, **GREEDY)
        alone, _ = answer(plain, question, **GREEDY)
        assert ahead == alone
        n_drafted += timings["draft_n"]
        n_accepted += timings["draft_n_accepted"]
    # How often it pays to ask is this machine's and this moment's; that it is right is the model's.
    assert n_accepted >= 0.95 * n_drafted > 0
    text = drafting.get("/metrics").text
    assert f"minerva_draft_tokens_accepted_total {n_accepted}" in text


def test_a_seed_draws_the_same_with_and_without(start: Start, relayered: Relayered) -> None:
    deep = relayered(48)
    drafting = start(deep, "--spec-type", "none", "--draft-model", str(DEMO))
    plain = start(deep, "--spec-type", "none")
    fields = {"temperature": 0.7, "seed": 11, "max_tokens": 120, "ignore_eos": True}
    ahead, timings = answer(drafting, QUESTIONS[2], **fields)
    alone, _ = answer(plain, QUESTIONS[2], **fields)
    assert ahead == alone
    assert timings["draft_n_accepted"] > 0


def test_a_model_that_agrees_sometimes_changes_nothing(start: Start, relayered: Relayered) -> None:
    deep = relayered(48)
    drafting = start(deep, "--model-draft", str(relayered(3)), "--draft-max", "3", "--draft-p-min", "0.3")
    plain = start(deep, "--spec-type", "none")
    for question in QUESTIONS:
        assert answer(drafting, question, **GREEDY)[0] == answer(plain, question, **GREEDY)[0]


def test_a_model_as_slow_as_the_served_one_is_hardly_asked(start: Start) -> None:
    itself = start(DEMO, "--spec-type", "none", "--draft-model", str(DEMO))
    plain = start(DEMO, "--spec-type", "none")
    for question in QUESTIONS:
        ahead, timings = answer(itself, question, **GREEDY)
        assert ahead == answer(plain, question, **GREEDY)[0]
        assert timings["draft_n"] == timings["draft_n_accepted"] <= 50


def test_it_is_shown_and_its_memory_counted(start: Start) -> None:
    both, alone = start(DEMO, "--draft-model", str(DEMO)), start(DEMO)
    model, without = both.health()["model"], alone.health()["model"]
    assert without["draft"] is None
    assert model["draft"]["title"] == "Minerva Demo"
    assert model["draft"]["placement"]
    own = model["draft"]["memory"]["CPU"]
    for part in ("weights_bytes", "kv_bytes"):
        assert own[part] > 0
        assert model["memory"]["CPU"][part] == without["memory"]["CPU"][part] + own[part]
    assert "draft" in both.log


@pytest.mark.parametrize(("draft", "says"), [
    ("tiny", "the draft model has another vocabulary than the model, BPE in the model and SentencePiece in the draft"),
    ("missing", "there is no file"),
])
def test_a_file_that_cannot_draft_ends_the_start_with_the_reason(start: Start, tiny_model: Path, draft: str, says: str) -> None:
    path = tiny_model if draft == "tiny" else tiny_model.with_name("missing.gguf")
    server = start(DEMO, "--draft-model", str(path), wait=False)
    assert server.process.wait(60) == 3
    assert says in server.log.splitlines()[-1]
