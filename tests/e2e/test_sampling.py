"""Sampling through the real programs: grammars, seeds, and every parameter that a client may send."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Iterator

import pytest

from minerva_server import Server


@pytest.fixture(scope="module")
def demo_server(home: Path, demo_model: Path) -> Iterator[Server]:
    with Server(home, demo_model) as server:
        yield server


def content(server: Server, text: str, **fields: object) -> str:
    response = server.chat(text, **fields)
    assert response.status_code == 200, response.text
    return response.json()["choices"][0]["message"]["content"]


@pytest.mark.parametrize("temperature", [0, 1.5])
def test_an_answer_follows_its_grammar(demo_server: Server, temperature: float) -> None:
    answers = {content(demo_server, "What is the capital of France?", grammar='root ::= "yes" | "no, " [0-9]{3}', temperature=temperature,
                       seed=seed) for seed in range(5)}
    for answer in answers:
        assert answer == "yes" or (answer.startswith("no, ") and len(answer) == 7 and answer[4:].isdigit()), answer


def test_a_grammar_that_the_model_keeps_to_changes_nothing(demo_server: Server) -> None:
    question = "What is the capital of France?"
    free = content(demo_server, question, temperature=0)
    assert content(demo_server, question, temperature=0, grammar="root ::= [a-zA-Z .]+") == free


@pytest.mark.parametrize("temperature", [0, 1.5])
def test_a_grammar_that_has_ended_ends_an_answer_that_ignores_end_tokens(demo_server: Server, temperature: float) -> None:
    response = demo_server.chat("Yes or no?", grammar='root ::= "yes" | "no"', ignore_eos=True, temperature=temperature)
    assert response.status_code == 200, response.text
    choice = response.json()["choices"][0]
    assert choice["message"]["content"] in ("yes", "no")
    assert choice["finish_reason"] == "stop"


@pytest.mark.parametrize("grammar", ["root ::= (", "other ::= \"a\"", "root ::= \"a", "root ::= missing"])
def test_a_grammar_that_cannot_be_read_is_refused(demo_server: Server, grammar: str) -> None:
    response = demo_server.chat("Hello", grammar=grammar)
    assert response.status_code == 400
    assert response.json()["error"]["param"] == "grammar"
    assert demo_server.chat("Hello").status_code == 200


LAZY = {"grammar": 'root ::= "Paris" (" is fine" | " is old")', "grammar_lazy": True, "temperature": 0}


@pytest.mark.parametrize("trigger", [
    {"type": 1, "value": "Paris"}, {"type": "word", "value": "Paris"}, {"type": 2, "value": "(Par[a-z]+)"},
    {"type": "pattern_full", "value": "[\\s\\S]*?(Paris)"},
], ids=lambda t: str(t["type"]))
def test_a_lazy_grammar_holds_from_its_trigger_on(demo_server: Server, trigger: dict) -> None:
    question = "What is the capital of France?"
    free = content(demo_server, question, temperature=0)
    before, found, _ = free.partition("Paris")
    assert found, free
    answer = content(demo_server, question, grammar_triggers=[trigger], **LAZY)
    assert answer.startswith(before + "Paris is "), answer
    assert answer[len(before):] in ("Paris is fine", "Paris is old")


def test_a_lazy_grammar_without_its_trigger_changes_nothing(demo_server: Server) -> None:
    question = "What is the capital of France?"
    free = content(demo_server, question, temperature=0)
    assert content(demo_server, question, grammar_triggers=[{"type": 1, "value": "Atlantis"}], **LAZY) == free


@pytest.mark.parametrize(("triggers", "param", "says"), [
    ([], "grammar_triggers", "never begin"),
    ([{"type": 9, "value": "a"}], "grammar_triggers[0].type", '0 or "token"'),
    ([{"type": 1, "value": "a"}, {"type": 2, "value": "(a"}], "grammar_triggers[1].value", "a ( without its )"),
    ([{"type": 2, "value": "(?=a)"}], "grammar_triggers[0].value", "lookahead"),
    ([{"type": 0, "value": "", "token": 99999999}], "grammar_triggers[0].token", "the vocabulary has"),
    ([{"type": 0, "value": "several words of text"}], "grammar_triggers[0].value", "no single token"),
])
def test_a_trigger_that_cannot_be_used_is_named(demo_server: Server, triggers: list, param: str, says: str) -> None:
    response = demo_server.chat("Hello", grammar_triggers=triggers, **LAZY)
    assert response.status_code == 400
    assert response.json()["error"]["param"] == param
    assert says in response.json()["error"]["message"]
    assert demo_server.chat("Hello").status_code == 200


def test_a_pattern_that_would_hang_a_regular_expression_library_costs_nothing(demo_server: Server) -> None:
    response = demo_server.chat("What is the capital of France?", ignore_eos=True, max_tokens=200,
                                grammar_triggers=[{"type": 2, "value": "(?:[a-zA-Z ]*)*[a-zA-Z. ]*#[\\s\\S]*"}], **LAZY)
    assert response.status_code == 200


SAMPLERS = [
    {"mirostat": 1}, {"mirostat": 2, "mirostat_tau": 3, "mirostat_eta": 0.2}, {"xtc_probability": 0.5, "xtc_threshold": 0.1},
    {"dry_multiplier": 0.8, "dry_allowed_length": 1}, {"top_n_sigma": 1.0}, {"dynatemp_range": 0.5}, {"typical_p": 0.5},
    {"adaptive_target": 0.3}, {"samplers": ["temperature", "top_k"]}, {"repeat_penalty": 1.3, "repeat_last_n": -1},
    {"top_p": 0.5, "top_k": 0}, {"min_p": 0.2, "top_k": 0}, {"logit_bias": [[5, -3], [7, False]]}, {"presence_penalty": 0.5},
]
INFILL = {"samplers": ["top_k", "top_p", "infill", "temperature"]}


@pytest.mark.parametrize("fields", SAMPLERS, ids=lambda f: next(iter(f)))
def test_the_same_seed_draws_the_same_answer(server: Server, fields: dict) -> None:
    """On random weights, which leave every token possible."""
    def draw(seed: int) -> str:
        return content(server, "Tell me something.", temperature=1.2, seed=seed, max_tokens=24, ignore_eos=True, **fields)

    assert draw(11) == draw(11)
    assert len({draw(seed) for seed in range(5)}) > 1


@pytest.mark.parametrize("order", [["penalties", "top_k", "min_p", "temperature"], "ekmt"])
def test_the_order_of_samplers_is_read_as_names_and_as_letters(server: Server, order: list | str) -> None:
    fields = {"temperature": 1.2, "seed": 3, "max_tokens": 24, "ignore_eos": True}
    by_name = content(server, "Tell me something.", samplers=["penalties", "top_k", "min_p", "temperature"], **fields)
    assert content(server, "Tell me something.", samplers=order, **fields) == by_name


def test_infill_picks_among_few_candidates(demo_server: Server) -> None:
    assert content(demo_server, "What is the capital of France?", temperature=0.5, seed=1, **INFILL)
    response = demo_server.chat("Hello", samplers=["infill"])
    assert response.status_code == 400
    assert "top_k" in response.json()["error"]["message"]


def test_sequences_side_by_side_draw_what_each_draws_alone(server: Server) -> None:
    """Their sampling may share threads; log probabilities and a grammar make it heavy."""
    def draw(seed: int) -> str:
        return content(server, "Tell me something.", temperature=1.2, seed=seed, max_tokens=24, ignore_eos=True,
                       logprobs=True, top_logprobs=20, grammar="root ::= [a-zA-Z ]+")

    alone = [draw(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(draw, range(4))) == alone


def test_an_unknown_sampler_is_named(demo_server: Server) -> None:
    response = demo_server.chat("Hello", samplers=["top_q"])
    assert response.status_code == 400
    assert "top_q" in response.json()["error"]["message"]
    assert response.json()["error"]["param"] == "samplers"


def test_log_probabilities_come_with_the_tokens(demo_server: Server) -> None:
    fields = {"temperature": 0, "logprobs": True, "top_logprobs": 3}
    choice = demo_server.chat("What is the capital of France?", **fields).json()["choices"][0]
    entries = choice["logprobs"]["content"]
    assert "".join(bytes(e["bytes"]).decode() for e in entries) == choice["message"]["content"]
    for entry in entries:
        likeliest = entry["top_logprobs"]
        assert len(likeliest) == 3
        assert likeliest[0]["token"] == entry["token"]
        assert likeliest[0]["logprob"] == entry["logprob"] <= 0
        assert [t["logprob"] for t in likeliest] == sorted((t["logprob"] for t in likeliest), reverse=True)
    with demo_server.stream("What is the capital of France?", **fields) as stream:
        streamed = [json.loads(e) for e in stream.events() if e != "[DONE]"]
    parts = [c["logprobs"]["content"] for chunk in streamed for c in chunk["choices"] if c["logprobs"]]
    assert sum(parts, []) == entries


def test_log_probabilities_are_left_out_unless_asked_for(demo_server: Server) -> None:
    assert demo_server.chat("Hello").json()["choices"][0]["logprobs"] is None
