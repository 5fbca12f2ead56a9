"""Starting, stopping, dying and leaving: what is owed is paid, and nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import socket
from pathlib import Path

import httpx
import pytest

from conftest import Start
from minerva_server import Server, Stream, chat_body, eventually, is_running

# More than any test waits for: half a minute at a thousand tokens a second.
LONG = {"max_tokens": 30_000}


@pytest.fixture
def slow_server(start: Start, slow_model: Path) -> Server:
    return start(slow_model, "--alias", "slow", "--ctx-size", "32768", "--parallel", "1")


def take_text(stream: Stream, n_chunks: int = 3) -> None:
    """Reads until that much text came: the sequence is in its decode phase."""
    events = stream.events()
    while n_chunks > 0:
        n_chunks -= bool(json.loads(next(events))["choices"][0]["delta"].get("content"))


def raw_request(server: Server, body: dict) -> socket.socket:
    """A request on a bare connection, which nobody reads from."""
    payload = json.dumps(body).encode()
    connection = socket.create_connection(("127.0.0.1", server.port))
    connection.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                       b"Content-Length: %d\r\n\r\n%b" % (len(payload), payload))
    return connection


def test_health_tells_how_it_is_and_readyz_whether_it_serves(slow_server: Server) -> None:
    health = slow_server.health()
    assert health["status"] == "ok" and health["ready"] is True
    assert health["worker"]["state"] == "ready"
    assert health["model"]["name"] == "slow"
    assert health["model"]["architecture"] == "llama"
    assert health["model"]["memory"]["CPU"]["weights_bytes"] > 0
    assert health["model"]["placement"]
    assert slow_server.get("/readyz").json() == {"status": "ready"}
    version = slow_server.get("/version").json()
    assert version["name"] == "minerva" and version["version"] and version["engine"]


def test_the_workers_threads_do_not_spin_a_time_slice_away(server: Server) -> None:
    """OpenMP's default makes a step hundreds of times longer when another program holds a core."""
    environment = Path(f"/proc/{server.health()['worker']['pid']}/environ").read_bytes().split(b"\0")
    chosen = [e for e in environment if e.startswith((b"GOMP_SPINCOUNT=", b"OMP_WAIT_POLICY="))]
    assert chosen, "the worker runs with OpenMP's own default"


def test_a_client_that_leaves_frees_its_sequence(slow_server: Server) -> None:
    with slow_server.stream(**LONG) as stream:
        take_text(stream)
        assert slow_server.health()["requests_active"] == 1
    slow_server.wait_until_idle()
    assert slow_server.chat(max_tokens=2).json()["usage"]["completion_tokens"] == 2


def test_a_client_that_leaves_without_a_stream_frees_its_sequence(slow_server: Server) -> None:
    with raw_request(slow_server, chat_body(**LONG)):
        slow_server.eventually("it runs", lambda h: h["engine"]["n_running"] == 1)
    slow_server.wait_until_idle()


def test_a_client_that_leaves_the_queue_takes_nothing_from_who_runs(slow_server: Server) -> None:
    with slow_server.stream(**LONG) as running:
        take_text(running)
        with raw_request(slow_server, chat_body(stream=True, **LONG)):
            slow_server.eventually("one waits", lambda h: h["engine"]["n_waiting"] == 1)
        slow_server.eventually("none waits and one runs",
                               lambda h: (h["engine"]["n_waiting"], h["engine"]["n_running"], h["requests_active"]) == (0, 1, 1))
        take_text(running)
    slow_server.wait_until_idle()


def test_a_client_that_leaves_in_the_prompt_phase_stops_the_prompt(slow_server: Server) -> None:
    def prompt_tokens(text: str) -> int:
        return slow_server.chat(text, max_tokens=1).json()["usage"]["prompt_tokens"]

    line = "one two three four "
    per_line = (prompt_tokens(line * 101) - prompt_tokens(line)) / 100
    slow_server.wait_until_idle()
    before = slow_server.health()["engine"]
    with raw_request(slow_server, chat_body(line * int(30_000 / per_line), stream=True, **LONG)):
        slow_server.eventually("the prompt is being computed",
                                  lambda h: h["engine"]["n_prompt_tokens"] > before["n_prompt_tokens"])
    slow_server.wait_until_idle()
    after = slow_server.health()["engine"]
    assert after["n_prompt_tokens"] - before["n_prompt_tokens"] < 25_000
    assert after["n_generated_tokens"] == before["n_generated_tokens"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_stream_goes_on_after_its_worker_was_killed_or_stopped(slow_server: Server, number: signal.Signals) -> None:
    restarts = slow_server.health()["worker"]["restarts"]
    pid = slow_server.worker_pid()
    with slow_server.stream(max_tokens=400, ignore_eos=True, stream_options={"include_usage": True}) as stream:
        take_text(stream)
        os.kill(pid, number)
        rest = list(stream.events())
    assert rest[-1] == "[DONE]"
    assert not [event for event in rest if event.startswith('{"error"')]
    last = json.loads(rest[-2])
    assert last["usage"]["completion_tokens"] == 400
    assert json.loads(rest[-3])["timings"]["resumed_n"] == 1

    health = slow_server.health()
    assert health["status"] == "ok"
    assert health["worker"]["restarts"] == restarts + 1
    assert health["worker"]["pid"] not in (0, pid)
    hung = number == signal.SIGSTOP
    assert health["worker"]["last_error"]["code"] == ("worker_hung" if hung else "worker_crashed")
    assert [event["event"] for event in health["events"][-2:]] == ["worker_hung" if hung else "worker_died", "recovered"]
    slow_server.wait_until_idle()


def test_requests_that_come_while_the_worker_is_replaced_are_served(slow_server: Server) -> None:
    os.kill(slow_server.worker_pid(), signal.SIGKILL)
    for _ in range(3):
        assert slow_server.chat(max_tokens=2).status_code == 200
    slow_server.wait_until_ready()
    assert slow_server.chat(max_tokens=2).status_code == 200


def test_sigterm_finishes_what_runs_and_takes_nothing_new(start: Start, slow_model: Path) -> None:
    slow_server = start(slow_model, "--ctx-size", "32768", "--parallel", "1", "--drain-timeout", "5m")
    worker = slow_server.worker_pid()
    with slow_server.stream(max_tokens=600) as stream:
        take_text(stream)
        slow_server.signal(signal.SIGTERM)
        eventually("it is not ready", lambda: slow_server.get("/readyz").status_code == 503)
        assert slow_server.health()["status"] == "draining"
        refused = slow_server.chat()
        assert refused.status_code == 503
        assert refused.json()["error"]["code"] == "shutting_down"
        rest = list(stream.events())
    assert rest[-1] == "[DONE]"
    assert json.loads(rest[-2])["choices"][0]["finish_reason"] == "length"
    assert slow_server.process.wait(30) == 0
    assert not is_running(worker)


def test_the_drain_timeout_ends_what_does_not_end(start: Start, slow_model: Path) -> None:
    server = start(slow_model, "--ctx-size", "32768", "--parallel", "1", "--drain-timeout", "300ms")
    with server.stream(**LONG) as stream:
        take_text(stream)
        server.signal(signal.SIGTERM)
        rest = list(stream.events())
    assert json.loads(rest[-1])["error"]["code"] == "shutting_down"
    assert server.process.wait(30) == 0


def test_sigint_twice_ends_at_once_with_the_worker(slow_server: Server) -> None:
    worker = slow_server.worker_pid()
    with slow_server.stream(**LONG) as stream:
        take_text(stream)
        slow_server.signal(signal.SIGINT)
        eventually("it drains", lambda: slow_server.get("/readyz").status_code == 503)
        slow_server.signal(signal.SIGINT)
        assert slow_server.process.wait(10) == 130
    eventually("the worker ended too", lambda: not is_running(worker))


def test_while_loading_it_is_alive_and_not_ready(start: Start, slow_model: Path) -> None:
    server = start(slow_model, "--ctx-size", "32768", wait=False)

    def first_answer() -> httpx.Response | None:
        try:
            return server.get("/health")
        except httpx.TransportError:
            return None

    assert eventually("it answers", first_answer).status_code == 200
    seen = set()
    while (health := server.health())["status"] != "ok":
        seen.add(health["status"])
        assert health["ready"] is False
        assert 0 <= health["worker"]["load_fraction"] <= 1
        refused = server.chat(max_tokens=1)
        if refused.status_code != 200:
            assert refused.json()["error"]["code"] == "not_ready"
            assert int(refused.headers["retry-after"]) >= 1
    assert seen <= {"loading"}
    assert server.get("/readyz").status_code == 200
