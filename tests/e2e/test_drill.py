"""`minerva drill`: every fault on a real server with the demo model, and what is said where a drill cannot be."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

from conftest import Start
from minerva_server import clean_environment, eventually, program

FAULTS = ["kill", "abort", "stop", "hang", "device lost", "out of memory"]


def drill(home: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program("minerva"), "drill", *flags], env=clean_environment(home), capture_output=True, text=True,
                          timeout=120)


def test_every_fault_is_survived_and_told(home: Path, start: Start, demo_model: Path | None) -> None:
    server = start(demo_model, "--standby", "--api-key", "secret-of-the-drill", key="secret-of-the-drill")
    server.eventually("there is a standby", lambda h: h["standby"]["state"] == "ready")
    ended = drill(home, "--url", server.url, "--api-key", "secret-of-the-drill", "--json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    report = json.loads(ended.stdout)
    assert report["survived"]
    assert [row["fault"] for row in report["faults"]] == FAULTS
    for row in report["faults"]:
        assert row["streams"] > 0 and row["compared"] == 4
        assert (row["words_lost"], row["words_duplicated"], row["different"], row["failed"]) == (0, 0, 0, [])
    events = {row["fault"]: [event["event"] for event in row["events"]] for row in report["faults"]}
    assert "standby_took_over" in events["kill"]
    assert "worker_hung" in events["stop"]
    assert "worker_hung" in events["hang"]
    assert "smaller_placement" in events["out of memory"]
    assert report["rung"] > 0

    health = server.health()
    assert health["status"] == "ok"
    assert health["model"]["rung"] == report["rung"]
    assert health["worker"]["restarts"] == len(FAULTS)
    metrics = server.get("/metrics").text
    assert 'minerva_fallbacks_total{reason="memory"} 1' in metrics
    assert f"minerva_placement_rung {report['rung']}" in metrics

    answer = server.chat("What is 12 plus 30?", max_tokens=8)
    assert answer.headers["x-minerva-placement"] == "cpu"
    assert answer.headers["x-minerva-fallback"] == f"rung {report['rung']}"
    assert answer.headers["x-minerva-recoveries"] == "0"


def test_the_table_is_for_people(home: Path, start: Start, demo_model: Path | None) -> None:
    server = start(demo_model)
    ended = drill(home, "--url", server.url)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    rows = [line for line in ended.stdout.splitlines() if line.endswith("  survived")]
    assert len(rows) == len(FAULTS)
    assert "All faults were survived." in ended.stdout
    assert "It is loaded as asked again when the server has been idle" in ended.stdout


def test_without_the_key_it_says_which_to_give(home: Path, start: Start, tiny_model: Path) -> None:
    server = start(tiny_model, "--api-key", "another", key="another")
    ended = drill(home, "--url", server.url)
    assert ended.returncode == 1
    assert "give it with --api-key" in ended.stderr


def test_where_nobody_listens(home: Path) -> None:
    ended = drill(home, "--url", "http://127.0.0.1:1")
    assert ended.returncode == 1
    assert "minerva: " in ended.stderr


def test_a_server_that_is_not_ready_is_not_drilled(home: Path, start: Start, slow_model: Path) -> None:
    server = start(slow_model)
    with server.stream(max_tokens=2000, ignore_eos=True):
        server.signal(signal.SIGTERM)
        server.eventually("the server drains", lambda h: h["draining"])
        ended = drill(home, "--url", server.url)
    assert ended.returncode == 1
    assert "the server's state is 'draining': a drill begins with one that is ready" in ended.stderr


def test_interrupted_it_leaves_nothing_stopped(home: Path, start: Start, slow_model: Path) -> None:
    server = start(slow_model)
    pid = server.worker_pid()
    process = subprocess.Popen([program("minerva"), "drill", "--url", server.url], env=clean_environment(home),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    server.eventually("the drill's streams run", lambda h: h["requests_active"] == 4)
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "interrupted" in said
    server.wait_until_idle()
    state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    assert state not in "TZX"
    assert eventually("the server is ready", lambda: server.get("/readyz").status_code == 200)
