"""What GET /metrics says after requests of several kinds, and `timings` of each answer."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from pathlib import Path
from typing import Any, Callable

import pytest

import exposition
from conftest import Start
from minerva_server import REPOSITORY, Server, eventually

TIERS = ("none", "kv", "host", "disk")


def metrics(server: Server) -> exposition.Metrics:
    response = server.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return exposition.parse(response.text)


def settled(server: Server) -> exposition.Metrics:
    """When the engine has said the last about what it did."""
    server.wait_until_idle()
    return metrics(server)


def growth(before: exposition.Metrics, after: exposition.Metrics) -> Callable[[str], float]:
    return lambda series: after[series] - before.get(series, 0)


def ask(server: Server, text: str, **fields: Any) -> dict[str, Any]:
    return server.chat(text, **{"temperature": 0, "max_tokens": 8, "ignore_eos": True} | fields).json()


def test_requests_and_tokens_are_counted(server: Server) -> None:
    before = metrics(server)
    replies = [ask(server, "Hello", max_tokens=20) for _ in range(3)]
    after = settled(server)
    grown = growth(before, after)
    n_prompt = sum(r["usage"]["prompt_tokens"] for r in replies)
    n_cached = sum(r["usage"]["prompt_tokens_details"]["cached_tokens"] for r in replies)

    assert grown('minerva_requests_total{outcome="length"}') == 3
    assert grown("minerva_generated_tokens_total") == 60
    assert grown("minerva_prompt_tokens_total") == n_prompt
    assert grown("minerva_prompt_tokens_cached_total") == n_cached > 0
    assert grown("minerva_prefill_tokens_total") == n_prompt - n_cached
    # The first token of each answer comes with its prompt.
    assert grown("minerva_decode_tokens_total") >= 3 * 19
    assert sum(grown(f'minerva_prefix_tokens_total{{tier="{tier}"}}') for tier in TIERS) == n_prompt
    assert grown('minerva_prefix_tokens_total{tier="kv"}') == n_cached
    assert sum(grown(f'minerva_prefix_requests_total{{tier="{tier}"}}') for tier in TIERS) == 3
    assert grown("minerva_time_to_first_token_seconds_count") == 3
    assert grown("minerva_queue_seconds_count") == 3
    assert grown("minerva_inter_token_seconds_count") == 3 * 19
    assert after["minerva_ready"] == 1


def test_the_time_of_steps_is_told_by_what_it_went_into(server: Server) -> None:
    before = metrics(server)
    begin = time.monotonic()
    ask(server, "Tell me more", max_tokens=100)
    after = settled(server)
    passed = time.monotonic() - begin
    grown = growth(before, after)

    def phase(name: str, prompts: str) -> float:
        return grown(f'minerva_step_phase_seconds_total{{phase="{name}",prompts="{prompts}"}}')

    for prompts in ("yes", "no"):
        assert grown(f'minerva_step_seconds_count{{prompts="{prompts}"}}') >= 1
        assert phase("compute", prompts) > 0
        parts = sum(phase(name, prompts) for name in ("plan", "draft", "compute", "sample"))
        assert parts == pytest.approx(grown(f'minerva_step_seconds_sum{{prompts="{prompts}"}}'), abs=1e-9)
    assert phase("sample", "no") > 0 and phase("report", "no") > 0
    assert sum(phase(p, prompts) for p in ("plan", "draft", "compute", "sample", "report") for prompts in ("yes", "no")) < passed
    assert 0 < after["minerva_step_host_share"] < 1


def test_memory_is_told_by_device_use_and_program(server: Server) -> None:
    ask(server, "Hello")
    now = metrics(server)
    memory = server.health()["model"]["memory"]["CPU"]
    for use in ("weights", "kv", "compute"):
        assert now[f'minerva_device_memory_bytes{{device="CPU",use="{use}"}}'] == memory[f"{use}_bytes"] > 0
    assert now['minerva_resident_bytes{program="minerva-worker"}'] > memory["kv_bytes"]
    assert now['minerva_resident_bytes{program="minerva"}'] > 1e6
    assert 0 < now["minerva_kv_cells_used"] <= now["minerva_kv_cells"] == 1024


def test_a_client_that_leaves_is_counted(start: Start, slow_model: Path) -> None:
    server = start(slow_model)  # its answer does not end by itself before that is noticed
    with server.stream("Hello", ignore_eos=True) as stream:
        next(stream.events())
    now = settled(server)
    assert now['minerva_requests_total{outcome="cancelled"}'] == 1
    assert now["minerva_queue_seconds_count"] == now["minerva_time_to_first_token_seconds_count"] == 1


def test_each_tier_of_prefixes_is_told(start: Start, tiny_model: Path, tmp_path: Path) -> None:
    flags = ["--parallel", "1", "--ctx-size", "2048", "--prefix-cache-dir", str(tmp_path / "prefixes")]
    one, other = "one " * 300, "other " * 300
    first = start(tiny_model, *flags)

    def tier(server: Server, text: str) -> str:
        before = metrics(server)
        answer = ask(server, text)
        timings = answer["timings"]
        grown = growth(before, settled(server))
        name = timings["cache_tier"]
        assert grown(f'minerva_prefix_requests_total{{tier="{name}"}}') == 1
        assert name == "none" or grown(f'minerva_prefix_tokens_total{{tier="{name}"}}') == timings["cache_n"] > 0
        assert grown('minerva_prefix_tokens_total{tier="none"}') == timings["prompt_n"]
        assert timings["preempted_n"] == 0
        return name

    assert tier(first, one) == "none"
    assert tier(first, one) == "kv"
    tier(first, other)  # may begin as the first does, with the template's words
    assert tier(first, one) == "host"
    eventually("both were on disk", lambda: len(list(tmp_path.rglob("*.prefix"))) == 2)
    assert metrics(first)['minerva_prefix_bytes{tier="host"}'] > 1000
    on_disk = sum(path.stat().st_size for path in tmp_path.rglob("*.prefix"))
    eventually("the bytes of both were told",
               lambda: metrics(first)['minerva_prefix_bytes{tier="disk"}'] == pytest.approx(on_disk, rel=0.01))
    first.process.terminate()
    first.process.wait(20)

    assert tier(start(tiny_model, *flags), one) == "disk"


def test_counters_go_on_after_the_worker_died(start: Start, tiny_model: Path) -> None:
    server = start(tiny_model, "--ctx-size", "1024", "--parallel", "2")
    ask(server, "Hello")
    before = settled(server)
    os.kill(server.worker_pid(), signal.SIGKILL)
    server.eventually("the next worker served", lambda h: h["worker"]["restarts"] == 1 and h["ready"])
    n_prompt = ask(server, "Hello")["usage"]["prompt_tokens"]
    after = settled(server)
    grown = growth(before, after)
    assert grown("minerva_worker_restarts") == 1
    assert grown("minerva_prefill_tokens_total") == n_prompt
    assert grown('minerva_prefix_requests_total{tier="none"}') == 1
    assert grown('minerva_step_seconds_count{prompts="yes"}') >= 1
    gauges = ("minerva_worker_report_age", "minerva_last_step", "minerva_kv_cells_used", "minerva_step_host_share",
              "minerva_resident_bytes")
    fallen = [series for series in before if grown(series) < 0 and not series.startswith(gauges)]
    assert fallen == []


def test_the_page_and_the_dashboard_know_the_same_names(server: Server) -> None:
    ask(server, "Hello")
    exposed = {re.sub(r"_(bucket|sum|count)$", "", series.split("{")[0]) for series in metrics(server)}
    page = set(re.findall(r"^\| (.+?) \|", (REPOSITORY / "docs/metrics.md").read_text(), re.MULTILINE))
    explained = set(re.findall(r"`(minerva_\w+)", " ".join(page)))
    assert explained == exposed
    dashboard = json.loads((REPOSITORY / "docs/grafana.json").read_text())
    queries = " ".join(target["expr"] for panel in dashboard["panels"] for target in panel["targets"])
    asked = {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"minerva_\w+", queries)}
    assert asked <= exposed and len(asked) > 15
