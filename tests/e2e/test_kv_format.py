"""However attention is computed and the context kept: answers stay right, beside others, after a prefix and a restart."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable

import pytest

from conftest import Start
from minerva_server import Server, eventually

PLAIN = ["--flash-attn", "off", "--cache-type-k", "bf16", "--cache-type-v", "bf16"]
QUANTIZED = ["--cache-type-k", "q8_0", "--cache-type-v", "q8_0"]
RULES = "Count as you are told. " * 20


def count(server: Server, first: int, rules: str = "") -> tuple[str, dict[str, Any]]:
    messages = [{"role": "user", "content": f"{rules}Count from {first} to {first + 40}."}]
    reply = server.post("/v1/chat/completions", json={"messages": messages, "temperature": 0, "max_tokens": 150})
    assert reply.status_code == 200, reply.text
    return reply.json()["choices"][0]["message"]["content"], reply.json()["timings"]


def numbers(first: int) -> str:
    return " ".join(str(number) for number in range(first, first + 41))


@pytest.mark.parametrize("flags", [PLAIN, QUANTIZED], ids=["plain", "quantized"])
def test_streams_beside_each_other_count_right(start: Start, demo_model: Path | None, flags: list[str]) -> None:
    server = start(demo_model, *flags, "--parallel", "8", "--ctx-size", "4096")
    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(lambda first: count(server, first)[0], range(1, 9)))
    assert [answer.replace(",", "").rstrip(".") for answer in answers] == [numbers(first) for first in range(1, 9)]


@pytest.mark.parametrize("flags", [PLAIN, QUANTIZED], ids=["plain", "quantized"])
def test_a_prefix_is_taken_over_from_slots_and_from_disk(
        start: Start, demo_model: Path | None, tmp_path: Path, flags: list[str]) -> None:
    own = [*flags, "--parallel", "2", "--ctx-size", "2048", "--prefix-cache-dir", str(tmp_path)]
    first = start(demo_model, *own)
    expected, timings = count(first, 5, RULES)
    assert timings["cache_n"] == 0
    with ThreadPoolExecutor(2) as clients:
        for answer, timings in clients.map(lambda _: count(first, 5, RULES), range(2)):
            assert answer == expected
            assert timings["cache_n"] > 50
    eventually("the prefix was on disk", lambda: list(tmp_path.rglob("*.prefix")))
    first.process.terminate()
    first.process.wait(20)
    answer, timings = count(start(demo_model, *own), 5, RULES)
    assert answer == expected
    assert timings["cache_n"] > 50


def test_what_is_on_disk_in_another_form_is_not_read(start: Start, demo_model: Path | None, tmp_path: Path) -> None:
    own = ["--parallel", "1", "--ctx-size", "2048", "--prefix-cache-dir", str(tmp_path)]
    first = start(demo_model, *own)
    expected, _ = count(first, 5, RULES)
    eventually("the prefix was on disk", lambda: list(tmp_path.rglob("*.prefix")))
    first.process.terminate()
    first.process.wait(20)
    answer, timings = count(start(demo_model, *own, *PLAIN), 5, RULES)
    assert timings["cache_n"] == 0
    assert answer == expected


def test_health_says_what_is_in_use(start: Start, demo_model: Path | None) -> None:
    model = start(demo_model, *PLAIN).health()["model"]
    assert (model["flash_attention"], model["cache_type_k"], model["cache_type_v"]) == ("off", "bf16", "bf16")


def test_quantized_values_without_flash_attention_are_refused(start: Start, demo_model: Path | None) -> None:
    server = start(demo_model, "--flash-attn", "off", "--cache-type-v", "q8_0", wait=False)
    assert server.process.wait(30) != 0
    assert "need flash attention" in server.log


def test_a_type_that_the_heads_cannot_be_kept_in_is_no_lack_of_memory(start: Start, forge: Callable[..., Path]) -> None:
    server = start(forge("narrow", "--preset", "tiny", "--heads", "8", "--kv-heads", "8"), *QUANTIZED, wait=False)
    assert server.process.wait(30) != 0
    assert "cannot make this context" in server.log
    assert "q8_0" in server.log
    assert "memory" not in server.log
