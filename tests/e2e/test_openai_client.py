"""The official Python client: chats, streams, and gets the errors it has types for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Iterator

import openai
import pytest

from conftest import Start
from minerva_server import Server


def client_of(server: Server, key: str = "unused") -> openai.OpenAI:
    return openai.OpenAI(base_url=server.base_url, api_key=key, max_retries=0, timeout=300)


@pytest.fixture
def client(server: Server) -> openai.OpenAI:
    return client_of(server)


@pytest.fixture(scope="module")
def demo_client(home: Path, demo_model: Path | None) -> Iterator[openai.OpenAI]:
    with Server(home, demo_model, "--alias", "tiny") as server:
        yield client_of(server)


def ask(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def text_of(client: openai.OpenAI, text: str = "Tell me something", **fields: object) -> str:
    answer = client.chat.completions.create(model="tiny", messages=ask(text), temperature=0, **fields)
    return answer.choices[0].message.content


def test_chat(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="tiny", messages=ask("Hello"), max_tokens=12)
    assert answer.object == "chat.completion"
    assert answer.id.startswith("chatcmpl-")
    assert answer.model == "tiny"
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 12
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + 12
    assert answer.usage.prompt_tokens_details.cached_tokens >= 0
    timings = answer.model_extra["timings"]
    assert timings["predicted_n"] == 12
    assert timings["prompt_n"] + timings["cache_n"] == answer.usage.prompt_tokens
    assert timings["predicted_per_second"] > 0
    assert timings["load_ms"] > 0
    assert timings["inference_ms"] == pytest.approx(timings["prompt_ms"] + timings["predicted_ms"])
    assert timings["gpu"] is False
    assert sum(timings["memory_bytes"].values()) > 0


def test_stream_has_the_same_text_and_one_end(client: openai.OpenAI) -> None:
    whole = text_of(client, max_tokens=40)
    chunks = list(client.chat.completions.create(
        model="tiny", messages=ask("Tell me something"), temperature=0, max_tokens=40, stream=True))
    assert chunks[0].choices[0].delta.role == "assistant"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices[0].finish_reason] == ["length"]
    assert chunks[-1].choices[0].finish_reason == "length"
    assert chunks[-1].model_extra["timings"]["predicted_n"] == 40
    assert len({chunk.id for chunk in chunks}) == 1
    assert all(chunk.usage is None for chunk in chunks)


def test_stream_with_usage_ends_with_a_chunk_of_its_own(client: openai.OpenAI) -> None:
    chunks = list(client.chat.completions.create(
        model="tiny", messages=ask("Hi"), max_tokens=5, stream=True, stream_options={"include_usage": True}))
    assert chunks[-1].choices == []
    assert chunks[-1].usage.completion_tokens == 5
    assert all(chunk.usage is None for chunk in chunks[:-1])


def test_the_same_seed_draws_the_same_text(client: openai.OpenAI) -> None:
    def draw(seed: int) -> str:
        answer = client.chat.completions.create(model="tiny", messages=ask("Hi"), temperature=1, max_tokens=30, seed=seed)
        return answer.choices[0].message.content

    assert draw(7) == draw(7)
    assert draw(7) != draw(8)


@pytest.mark.parametrize("n", [3, 9])
def test_choices_of_a_greedy_answer_are_that_answer(demo_client: openai.OpenAI, n: int) -> None:
    """Nine are more than there are slots."""
    def answer(**fields: object) -> object:
        return demo_client.chat.completions.create(
            model="tiny", messages=ask("Count from 3 to 9."), temperature=0, **fields)

    alone, together = answer(), answer(n=n)
    assert [choice.index for choice in together.choices] == list(range(n))
    assert {choice.message.content for choice in together.choices} == {alone.choices[0].message.content}
    assert {choice.finish_reason for choice in together.choices} == {"stop"}
    assert together.usage.prompt_tokens == alone.usage.prompt_tokens
    assert together.usage.completion_tokens == n * alone.usage.completion_tokens
    assert together.usage.total_tokens == together.usage.prompt_tokens + together.usage.completion_tokens


def test_choices_are_drawn_each_from_a_seed_of_its_own(client: openai.OpenAI) -> None:
    def texts(seed: int, n: int) -> list[str]:
        answer = client.chat.completions.create(
            model="tiny", messages=ask("Hi"), temperature=1, max_tokens=30, seed=seed, n=n)
        return [choice.message.content for choice in answer.choices]

    drawn = texts(7, 3)
    assert len(set(drawn)) == 3
    assert texts(7, 3) == drawn
    assert texts(7, 1) == drawn[:1]
    assert not set(texts(8, 3)) & set(drawn)


def test_a_prompt_is_computed_once_for_all_its_choices(server: Server, client: openai.OpenAI) -> None:
    def computed() -> int:
        return server.health()["engine"]["n_prompt_tokens"]

    before = computed()
    answer = client.chat.completions.create(
        model="tiny", messages=ask("Once upon a time, " * 20), max_tokens=4, n=5)
    usage, timings = answer.usage, answer.model_extra["timings"]
    new = usage.prompt_tokens - usage.prompt_tokens_details.cached_tokens
    assert new > 100
    # And of it the last token again for each of the other four.
    assert timings["prompt_n"] == new + 4
    assert timings["prompt_n"] + timings["cache_n"] == 5 * usage.prompt_tokens
    assert computed() - before == new + 4


def test_streamed_choices_are_those_of_the_whole_answer(client: openai.OpenAI) -> None:
    fields = {"model": "tiny", "messages": ask("Hi"), "temperature": 1, "max_tokens": 20, "seed": 3, "n": 3}
    whole = client.chat.completions.create(**fields)
    chunks = list(client.chat.completions.create(**fields, stream=True, stream_options={"include_usage": True}))
    texts, reasons = ["", "", ""], ["", "", ""]
    for choice in (chunk.choices[0] for chunk in chunks if chunk.choices):
        texts[choice.index] += choice.delta.content or ""
        reasons[choice.index] += choice.finish_reason or ""
    assert texts == [choice.message.content for choice in whole.choices]
    assert reasons == ["length"] * 3
    assert [chunk.usage.completion_tokens for chunk in chunks if chunk.usage] == [60]
    assert chunks[-1].usage and not chunks[-1].choices
    assert ["timings" in chunk.model_extra for chunk in chunks].count(True) == 1


def test_choices_stream_side_by_side(client: openai.OpenAI) -> None:
    """Two, as the server has slots. The answers are long, since text that waits for a busy client is merged."""
    chunks = client.chat.completions.create(model="tiny", messages=ask("Hi"), max_tokens=400, n=2, stream=True)
    order = [chunk.choices[0].index for chunk in chunks if chunk.choices[0].delta.content]
    assert order.index(1) < len(order) - 1 - order[::-1].index(0)
    assert order.index(0) < len(order) - 1 - order[::-1].index(1)


def test_the_clients_own_stream_helper_takes_choices(demo_client: openai.OpenAI) -> None:
    """It is strict with the order of chunks, and takes no answer that was cut."""
    with demo_client.chat.completions.stream(
            model="tiny", messages=ask("What is the capital of France?"), temperature=0, n=2) as stream:
        final = stream.get_final_completion()
    assert [choice.index for choice in final.choices] == [0, 1]
    assert all("Paris" in choice.message.content and choice.finish_reason == "stop" for choice in final.choices)


def test_leaving_a_stream_ends_all_its_choices(server: Server, client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(model="tiny", messages=ask("Hi"), n=6, stream=True)
    next(iter(stream))
    stream.close()
    server.wait_until_idle()


def test_more_choices_than_the_server_takes_are_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as bad:
        client.chat.completions.create(model="tiny", messages=ask("Hi"), n=100)
    assert bad.value.param == "n"
    assert "no more than 66 at once" in bad.value.message


@pytest.mark.parametrize("stream", [False, True])
def test_a_stop_string_ends_the_answer_and_is_not_part_of_it(client: openai.OpenAI, stream: bool) -> None:
    whole = text_of(client, max_tokens=60)
    stop = whole[25:31]
    expected = whole[: whole.index(stop)]
    answer = client.chat.completions.create(
        model="tiny", messages=ask("Tell me something"), temperature=0, max_tokens=60, stop=[stop], stream=stream)
    if stream:
        chunks = list(answer)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == expected
        assert chunks[-1].choices[0].finish_reason == "stop"
    else:
        assert answer.choices[0].message.content == expected
        assert answer.choices[0].finish_reason == "stop"


def test_text_parts_are_the_same_as_one_string(client: openai.OpenAI) -> None:
    def prompt_tokens(content: object) -> int:
        answer = client.chat.completions.create(model="tiny", messages=[{"role": "user", "content": content}], max_tokens=1)
        return answer.usage.prompt_tokens

    parts = [{"type": "text", "text": "One "}, {"type": "text", "text": "two."}]
    assert prompt_tokens(parts) == prompt_tokens("One two.")


def test_a_conversation_of_many_turns_is_longer_than_its_end(client: openai.OpenAI) -> None:
    def prompt_tokens(messages: list[dict[str, str]]) -> int:
        return client.chat.completions.create(model="tiny", messages=messages, max_tokens=1).usage.prompt_tokens

    turns = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"},
             {"role": "assistant", "content": "Hello."}, {"role": "user", "content": "And now?"}]
    assert prompt_tokens(turns) > prompt_tokens(turns[:2]) > prompt_tokens(turns[1:2])


def test_several_clients_at_once_get_the_text_that_each_gets_alone(client: openai.OpenAI) -> None:
    questions = [f"Question number {number}" for number in range(6)]
    alone = [text_of(client, question, max_tokens=30) for question in questions]
    with ThreadPoolExecutor(len(questions)) as pool:
        together = list(pool.map(lambda question: text_of(client, question, max_tokens=30), questions))
    assert len(set(alone)) == len(questions)
    # Logits differ in their last digits with the batch's shape, and on random weights a near tie may then fall the other
    # way. That takes one text off its way, or two; text that went to the wrong client would take all.
    n_same = sum(one[:4] == other[:4] for one, other in zip(alone, together))
    assert n_same >= 4, (alone, together)


def test_models(client: openai.OpenAI) -> None:
    models = client.models.list().data
    assert [model.id for model in models] == ["tiny"]
    assert models[0].model_extra["meta"]["n_ctx_train"] == 2048
    assert client.models.retrieve("tiny").id == "tiny"


def test_errors_have_their_types(server: Server, client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as bad:
        client.chat.completions.create(model="tiny", messages=ask("Hi"), temperature=9)
    assert bad.value.param == "temperature"
    assert bad.value.code == "invalid_request"
    with pytest.raises(openai.BadRequestError) as long:
        client.chat.completions.create(model="tiny", messages=ask("word " * 3000), stream=True)
    assert long.value.code == "context_length_exceeded"
    with pytest.raises(openai.NotFoundError) as unknown:
        client.chat.completions.create(model="nope", messages=ask("Hi"))
    assert unknown.value.code == "model_not_found"


def test_a_wrong_key_is_an_authentication_error(start: Start, tiny_model: Path) -> None:
    server = start(tiny_model, "--api-key", "right", "--ctx-size", "512", key="right")
    with pytest.raises(openai.AuthenticationError) as refused:
        client_of(server, "wrong").models.list()
    assert refused.value.code == "invalid_api_key"
    assert client_of(server, "right").models.list().data


def test_leaving_a_stream_ends_the_generation(server: Server, client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(model="tiny", messages=ask("Hi"), stream=True)
    next(iter(stream))
    stream.close()
    server.wait_until_idle()
