"""Tool calls with the official Python client and the built-in model: offered, called, answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Iterator

import openai
import pytest

from minerva_server import Server

WEATHER: Any = {"type": "function", "function": {
    "name": "get_weather", "description": "Get the weather in a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}
QUESTION: Any = {"role": "user", "content": "What is the weather in Oslo?"}


@pytest.fixture(scope="module")
def demo_server(home: Path, demo_model: Path | None) -> Iterator[Server]:
    with Server(home, demo_model) as server:
        yield server
        assert server.process.poll() is None
        server.wait_until_idle()


@pytest.fixture
def client(demo_server: Server) -> openai.OpenAI:
    return openai.OpenAI(base_url=demo_server.base_url, api_key="unused", max_retries=0, timeout=300)


def ask(client: openai.OpenAI, *messages: Any, **fields: Any) -> Any:
    return client.chat.completions.create(model="minerva-demo", messages=[QUESTION, *messages], temperature=0, max_tokens=200,
                                          **{"tools": [WEATHER]} | fields)


def test_a_fitting_tool_is_called(client: openai.OpenAI) -> None:
    choice = ask(client).choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content is None
    (call,) = choice.message.tool_calls
    assert call.type == "function"
    assert call.function.name == "get_weather"
    assert list(json.loads(call.function.arguments)) == ["city"]
    assert call.id.startswith("call_") and len(call.id) == 29


def test_a_call_streams_as_the_same_call(client: openai.OpenAI) -> None:
    whole = ask(client).choices[0].message.tool_calls[0].function
    chunks = list(ask(client, stream=True))
    assert chunks[0].choices[0].delta.content is None
    deltas = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or []]
    assert [(d.index, d.type, d.function.name, d.function.arguments) for d in deltas[:1]] == [(0, "function", "get_weather", "")]
    assert deltas[0].id.startswith("call_")
    assert all(d.index == 0 and d.id is None and d.function.name is None for d in deltas[1:])
    assert len(deltas) > 2, "the arguments come in pieces"
    assert "".join(d.function.arguments for d in deltas) == whole.arguments
    assert not any(chunk.choices[0].delta.content for chunk in chunks)
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


def test_the_clients_own_stream_helper_puts_the_call_together(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(model="minerva-demo", messages=[QUESTION], tools=[WEATHER], temperature=0, max_tokens=200) as stream:
        choice = stream.get_final_completion().choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.tool_calls[0].function.name == "get_weather"


@pytest.mark.parametrize("stream", [False, True])
def test_a_result_is_answered(client: openai.OpenAI, stream: bool) -> None:
    called = ask(client).choices[0].message
    result = {"role": "tool", "tool_call_id": called.tool_calls[0].id, "content": "12 degrees"}
    answer = ask(client, called, result, stream=stream)
    text = "".join(c.choices[0].delta.content or "" for c in answer) if stream else answer.choices[0].message.content
    assert text.strip()
    assert "tool_response" not in text


def test_one_call_ends_the_answer_when_they_may_not_be_parallel(demo_server: Server, client: openai.OpenAI) -> None:
    answer = ask(client, parallel_tool_calls=False)
    assert answer.choices[0].finish_reason == "tool_calls"
    assert len(answer.choices[0].message.tool_calls) == 1
    assert answer.usage.prompt_tokens > 20
    assert answer.usage.completion_tokens > 5
    again = ask(client, parallel_tool_calls=False)
    assert again.usage.prompt_tokens_details.cached_tokens == again.usage.prompt_tokens - 1
    assert again.timings["cache_tier"] == "kv"
    assert again.timings["prompt_n"] == 1 and again.timings["prompt_ms"] > 0
    demo_server.wait_until_idle()


@pytest.mark.parametrize("fields", [{"tool_choice": "none"}, {"tools": openai.omit}])
def test_nothing_is_called_where_no_tool_may_be(client: openai.OpenAI, fields: dict[str, Any]) -> None:
    choice = ask(client, **fields).choices[0]
    assert choice.finish_reason in ("stop", "length")
    assert choice.message.tool_calls is None


@pytest.mark.parametrize("fields, field", [
    ({"tool_choice": "required"}, "tool_choice"),
    ({"tool_choice": {"type": "function", "function": {"name": "get_weather"}}}, "tool_choice"),
    ({"tools": [WEATHER, WEATHER]}, "tools[1].function.name"),
    ({"tools": [{"type": "function", "function": {"name": "no spaces"}}]}, "tools[0].function.name"),
    ({"functions": [{"name": "f"}]}, "functions"),
])
def test_what_cannot_be_honoured_is_refused_by_name(client: openai.OpenAI, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        ask(client, **fields)
    assert refused.value.param == field
