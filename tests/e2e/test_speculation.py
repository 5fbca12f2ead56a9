"""Computing ahead: the same answers in fewer steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from conftest import Start

# What the demo model goes round in circles about when it may not end.
QUESTIONS = ["Hi hi hi hi hi hi hi hi", "What is 7 plus 5?", "How do I load a real model?"]
FIELDS: dict[str, Any] = {"temperature": 0, "max_tokens": 300, "ignore_eos": True}


def test_answers_are_the_same_with_and_without(start: Start, demo_model: Path | None) -> None:
    drafting, plain = start(demo_model), start(demo_model, "--spec-type", "none")
    n_accepted = 0
    for question in QUESTIONS:
        ahead, alone = (server.chat(question, **FIELDS).json() for server in (drafting, plain))
        assert ahead["choices"][0]["message"]["content"] == alone["choices"][0]["message"]["content"]
        assert alone["timings"]["draft_n"] == 0
        assert ahead["timings"]["draft_n"] >= ahead["timings"]["draft_n_accepted"]
        n_accepted += ahead["timings"]["draft_n_accepted"]
    assert n_accepted > 100
