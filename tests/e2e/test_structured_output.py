"""Structured output: whatever a model of random weights says at a high temperature, the answer is what the schema asks for."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Iterator

import gguf
import jsonschema
import openai
import pytest

from minerva_server import Server
from schema_table import Schema, all_schemas

SCHEMAS = all_schemas()
N_ANSWERS = 3


@pytest.fixture(scope="module")
def server(home: Path, forge: Any) -> Iterator[Server]:
    model = forge("tiny-bpe", "--preset", "tiny", "--tokenizer", "bpe")
    with Server(home, model, "--alias", "tiny", "--ctx-size", "8192", "--parallel", "4") as server:
        yield server
        assert server.process.poll() is None


@pytest.fixture(scope="module")
def endings(forge: Any) -> dict[str, float]:
    """Biases for what ends texts, lists, objects and answers, so that random ones do. A byte's token has the byte's number."""
    reader = gguf.GGUFReader(forge("tiny-bpe", "--preset", "tiny", "--tokenizer", "bpe"))
    eos = reader.get_field("tokenizer.ggml.eos_token_id").contents()
    return {str(token): 6.0 for token in (*b'"]}', eos)}


@pytest.fixture
def client(server: Server) -> openai.OpenAI:
    return openai.OpenAI(base_url=server.base_url, api_key="unused", max_retries=0, timeout=300)


def wish(schema: Schema) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}


def answers(server: Server, schema: Schema, endings: dict[str, float]) -> list[str]:
    """Those that came to their end."""
    response = server.chat(response_format=wish(schema), temperature=2.0, top_k=0, top_p=1.0, min_p=0.0, n=N_ANSWERS, seed=7, max_tokens=600,
                           logit_bias=endings)
    assert response.status_code == 200, response.text
    return [c["message"]["content"] for c in response.json()["choices"] if c["finish_reason"] == "stop"]


def faults(schema: Schema, answer: str) -> list[str]:
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    try:
        return [error.message for error in validator.iter_errors(json.loads(answer))]
    except json.JSONDecodeError as error:
        return [str(error)]


def test_there_are_hundreds_of_schemas() -> None:
    assert len({name for name, _ in SCHEMAS}) == len(SCHEMAS) >= 300


def test_random_answers_satisfy_each_schema(server: Server, endings: dict[str, float]) -> None:
    with ThreadPoolExecutor(4) as pool:
        everything = list(pool.map(lambda each: answers(server, each[1], endings), SCHEMAS))
    wrong = [(name, answer, faults(schema, answer)) for (name, schema), own in zip(SCHEMAS, everything) for answer in own if faults(schema, answer)]
    assert not wrong, f"{len(wrong)} answers are wrong, among them {wrong[:10]}"
    silent = [name for (name, _), own in zip(SCHEMAS, everything) if not own]
    assert not silent, f"none of their answers ended: {silent}"
    n_whole = sum(map(len, everything))
    assert n_whole >= 0.9 * N_ANSWERS * len(SCHEMAS), f"only {n_whole} answers ended"


def test_any_object(server: Server, endings: dict[str, float]) -> None:
    response = server.chat(response_format={"type": "json_object"}, temperature=2.0, n=8, seed=3, max_tokens=600, logit_bias=endings)
    whole = [c["message"]["content"] for c in response.json()["choices"] if c["finish_reason"] == "stop"]
    assert whole and all(isinstance(json.loads(each), dict) for each in whole)


PERSON: Schema = {"type": "object", "properties": {"name": {"type": "string", "maxLength": 8}, "age": {"type": "integer", "minimum": 0, "maximum": 150}},
                  "required": ["name", "age"], "additionalProperties": False}


@pytest.mark.parametrize("stream", [False, True])
def test_the_clients_response_format(client: openai.OpenAI, endings: dict[str, float], stream: bool) -> None:
    answer: Any = client.chat.completions.create(model="tiny", messages=[{"role": "user", "content": "Who?"}], response_format=wish(PERSON), temperature=1,
                                                 seed=1, max_tokens=200, stream=stream, logit_bias=endings)
    text = "".join(c.choices[0].delta.content or "" for c in answer) if stream else answer.choices[0].message.content
    jsonschema.validate(json.loads(text), PERSON)
    assert list(json.loads(text)) == ["name", "age"]


def test_an_answer_that_is_cut_says_so(server: Server) -> None:
    choice = server.chat(response_format=wish({"type": "string", "minLength": 100}), max_tokens=5).json()["choices"][0]
    assert choice["finish_reason"] == "length"
    assert choice["message"]["content"].startswith('"')


@pytest.mark.parametrize("schema, path, words", [
    ({"properties": {"a": {"not": {"type": "null"}}}}, "#/properties/a/not", 'the keyword "not" cannot be compiled'),
    ({"patternProperties": {"^x": {}}}, "#/patternProperties", 'the keyword "patternProperties"'),
    ({"type": "array", "items": {"type": "array", "uniqueItems": True}}, "#/items/uniqueItems", 'the keyword "uniqueItems"'),
    ({"if": {"type": "null"}, "then": {"const": 1}}, "#/then", 'the keyword "then"'),
    ({"type": "string", "pattern": "(?=a)b"}, "#/pattern", "lookahead"),
    ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, "#/oneOf", "branches 0 and 1"),
    ({"$ref": "https://example.org/other"}, "#/$ref", "cannot be followed"),
    ({"type": "integer", "minimum": 2, "maximum": 1}, "", "no value can satisfy"),
])
def test_what_cannot_be_honoured_is_refused(client: openai.OpenAI, schema: Schema, path: str, words: str) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="tiny", messages=[{"role": "user", "content": "x"}], response_format=wish(schema))  # type: ignore[call-overload]
    body: Any = refused.value.body
    assert body["param"] == "response_format.json_schema.schema" + path
    assert words in body["message"]
