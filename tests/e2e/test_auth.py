"""Keys: who comes in, what is seen without one, and that none is ever shown."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Iterator

import httpx
import pytest

from minerva_server import Server, clean_environment, program

KEY = "sk-e2e-1234567890-tail"


@pytest.fixture(scope="module")
def guarded(home: Path, tiny_model: Path) -> Iterator[Server]:
    with Server(home, tiny_model, "--api-key", KEY, "--log-level", "debug", "--ctx-size", "512", key=KEY) as server:
        yield server


@pytest.mark.parametrize("headers, words", [
    ({}, "needs an API key"),
    ({"Authorization": "Bearer wrong"}, "not one of"),
    ({"Authorization": f"Bearer {KEY}x"}, "not one of"),
    ({"x-api-key": KEY[:-1]}, "not one of"),
])
def test_without_a_valid_key_nothing_is_served(guarded: Server, headers: dict[str, str], words: str) -> None:
    for method, path in (("POST", "/v1/chat/completions"), ("GET", "/v1/models"), ("GET", "/"), ("GET", "/v1/models/x")):
        response = httpx.request(method, guarded.url + path, headers=headers)
        assert response.status_code == 401, path
        assert response.json()["error"]["code"] == "invalid_api_key"
        assert words in response.json()["error"]["message"]
        assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("headers", [{"Authorization": f"Bearer {KEY}"}, {"x-api-key": KEY}])
def test_both_headers_carry_the_key(guarded: Server, headers: dict[str, str]) -> None:
    assert httpx.get(guarded.url + "/v1/models", headers=headers).status_code == 200


def test_probes_need_no_key_and_see_no_detail(guarded: Server) -> None:
    assert httpx.get(guarded.url + "/health").json() == {"status": "ok"}
    assert httpx.get(guarded.url + "/readyz").json() == {"status": "ready"}
    assert httpx.get(guarded.url + "/version").json()["name"] == "minerva"
    assert guarded.health()["worker"]["pid"] > 0


def test_keys_are_never_logged(guarded: Server) -> None:
    httpx.get(guarded.url + "/v1/models", headers={"x-api-key": "a-wrong-guess-of-a-key"})
    guarded.chat(max_tokens=1)
    assert KEY not in guarded.log
    assert "a-wrong-guess-of-a-key" not in guarded.log


def test_an_open_address_without_a_key_is_refused(home: Path, tiny_model: Path) -> None:
    ended = subprocess.run([program("minerva"), "serve", "--model", tiny_model, "--host", "0.0.0.0", "--port", "0"],
                           env=clean_environment(home), capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert "api-key" in ended.stderr
