"""Whose turn it is: keys, priorities, deadlines, and what is refused when too much waits."""

from __future__ import annotations

import copy
import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from conftest import Start
from minerva_server import Server, Stream

LONG = {"max_tokens": 30_000}


def error_of(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    return response.json()["error"]


def with_key(server: Server, key: str) -> Server:
    """The same server, asked with this key."""
    other = copy.copy(server)
    other.key = key
    return other


@pytest.fixture
def shared(start: Start, slow_model: Path, tmp_path: Path) -> Server:
    """One request at a time, four may wait; two keys, of which one may set priorities."""
    keys = tmp_path / "keys"
    keys.write_text("key-plain\nkey-urgent priority\n")
    keys.chmod(0o600)
    return start(slow_model, "--ctx-size", "32768", "--parallel", "1", "--max-queue", "4", "--api-key-file", str(keys),
                 key="key-plain")


def test_only_keys_that_may_set_a_priority(shared: Server) -> None:
    refused = error_of(shared.chat(priority=1, max_tokens=1), 403)
    assert (refused["code"], refused["param"]) == ("forbidden", "priority")
    assert shared.chat(priority=0, max_tokens=1).status_code == 200
    urgent = with_key(shared, "key-urgent")
    assert urgent.chat(priority=10, max_tokens=1).status_code == 200
    assert error_of(urgent.chat(priority=11), 400)["param"] == "priority"


def test_without_keys_anybody_may_set_a_priority_and_the_urgent_comes_first(start: Start, slow_model: Path) -> None:
    server = start(slow_model, "--ctx-size", "32768", "--parallel", "1")
    with ExitStack() as streams:
        running = streams.enter_context(server.stream(**LONG))
        assert "role" in next(running.events())
        streams.enter_context(server.stream("second", **LONG))
        server.eventually("one runs and one waits", lambda h: (h["engine"]["n_running"], h["engine"]["n_waiting"]) == (1, 1))
        assert server.chat("third", max_tokens=3, priority=5).status_code == 200
        assert server.health()["requests_active"] == 2  # neither of the two ends by itself


def test_a_deadline_ends_a_stream_with_an_error_after_its_text(shared: Server) -> None:
    with shared.stream(timeout_ms=1500, **LONG) as stream:
        events = [json.loads(event) for event in stream.events()]
    assert events[-1]["error"]["code"] == "timeout"
    assert events[-1]["error"]["param"] == "timeout_ms"
    assert any(event["choices"][0]["delta"].get("content") for event in events[:-1])
    shared.wait_until_idle()


def test_a_deadline_is_a_504_where_no_answer_has_begun(shared: Server) -> None:
    assert error_of(shared.chat(timeout_ms=500, **LONG), 504)["code"] == "timeout"
    with shared.stream(**LONG) as running:
        assert "role" in next(running.events())
        assert error_of(shared.chat(timeout_ms=200), 504)["code"] == "timeout"  # it only waited
    shared.wait_until_idle()


def test_a_deadline_that_is_kept_changes_nothing(shared: Server) -> None:
    assert shared.chat(max_tokens=2, timeout_ms=60_000).status_code == 200
    assert error_of(shared.chat(timeout_ms=0), 400)["param"] == "timeout_ms"


def test_one_key_cannot_fill_the_queue_and_another_does_not_wait_behind_it(shared: Server) -> None:
    urgent = with_key(shared, "key-urgent")
    with ExitStack() as streams:
        flood: list[Stream] = [streams.enter_context(shared.stream(f"flood {i}", **LONG)) for i in range(3)]
        assert [stream.status for stream in flood] == [200] * 3
        refused = shared.chat()
        assert error_of(refused, 429)["code"] == "rate_limited"
        assert int(refused.headers["retry-after"]) >= 1
        guest = streams.enter_context(urgent.stream("guest", max_tokens=3))
        assert guest.status == 200
        shared.eventually("all are in the engine", lambda h: h["engine"]["n_running"] + h["engine"]["n_waiting"] == 4)
        flood[0].close()
        assert list(guest.events())[-1] == "[DONE]"  # before the flood's second, which never ends by itself
    shared.wait_until_idle()


def test_keys_turn_by_turn_where_one_sends_many(shared: Server) -> None:
    """The flood's third request comes after the guest's first, though it was there before."""
    urgent = with_key(shared, "key-urgent")
    with ExitStack() as streams:
        flood = [streams.enter_context(shared.stream(f"flood {i}", max_tokens=300)) for i in range(3)]
        guest = streams.enter_context(urgent.stream("guest", max_tokens=3))
        assert list(guest.events())[-1] == "[DONE]"
        assert shared.health()["requests_active"] >= 1
        for stream in flood:
            assert list(stream.events())[-1] == "[DONE]"
    shared.wait_until_idle()
