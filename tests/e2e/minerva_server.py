"""A real `minerva serve` in a test: started on a free port, watched through its own endpoints, ended for certain."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Callable, Iterator, TypeVar

import httpx

REPOSITORY = Path(__file__).resolve().parents[2]
START_DEADLINE = 120.0  # seconds; the two cores of the smallest machine may be busy
PATIENCE = 30.0  # seconds for a state that must come

T = TypeVar("T")


def program(name: str) -> Path:
    path = Path(os.environ.get("MINERVA_BIN_DIR", REPOSITORY / "build/release/bin")) / name
    assert path.exists(), f"{path} is not built; MINERVA_BIN_DIR says where the programs are"
    return path


def eventually(what: str, probe: Callable[[], T | None | bool], deadline: float = PATIENCE) -> T:
    """The first true value that `probe` gives; asks until then, and fails after the deadline."""
    end = time.monotonic() + deadline
    while True:
        value = probe()
        if value:
            return value
        assert time.monotonic() < end, f"within {deadline} s it was not so that {what}"
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_environment(home: Path) -> dict[str, str]:
    """Nothing of the user's own configuration reaches a test."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MINERVA_")}
    return kept | {"HOME": str(home), "XDG_CONFIG_HOME": str(home / "config"), "XDG_CACHE_HOME": str(home / "cache")}


class Server:
    """`minerva serve` with a model and flags. Use as a context: it is killed at the end, worker included."""

    def __init__(self, home: Path, model: Path | None, *flags: str, key: str | None = None, wait: bool = True,
                 device: str = "none", environment: dict[str, str] | None = None) -> None:
        self.key = key
        self._log_path = home / f"server-{time.monotonic_ns()}.log"
        self._log = self._log_path.open("wb")
        self.port = free_port()
        # One thread: on a machine with more to do than cores, threads that wait for each other make a step many times slower.
        arguments = [program("minerva"), "serve", "--port", str(self.port), "--device", device, "--threads", "1"]
        if model is not None:
            arguments += ["--model", model]
        self.process = subprocess.Popen(
            [*map(str, arguments), *flags], stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log,
            env=clean_environment(home) | {"XDG_CACHE_HOME": str(self._log_path.with_suffix(".cache"))} | (environment or {}), start_new_session=True,
        )
        if wait:
            self.wait_until_ready()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._log.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        return self.url + "/v1"

    @property
    def log(self) -> str:
        return self._log_path.read_text(errors="replace")

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    def wait_until_ready(self) -> None:
        def ready() -> bool:
            assert self.process.poll() is None, f"the server ended with {self.process.returncode}:\n{self.log}"
            try:
                return self.get("/readyz").status_code == 200
            except httpx.TransportError:
                return False

        eventually("the server was ready", ready, START_DEADLINE)

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, headers=self.headers(), timeout=PATIENCE)

    def post(self, path: str, **arguments: Any) -> httpx.Response:
        return httpx.post(self.url + path, headers=self.headers(), timeout=300, **arguments)

    def chat(self, text: str = "Hello", **fields: Any) -> httpx.Response:
        return self.post("/v1/chat/completions", json=chat_body(text, **fields))

    def stream(self, text: str = "Hello", **fields: Any) -> Stream:
        return Stream(self, chat_body(text, stream=True, **fields))

    def health(self) -> dict[str, Any]:
        response = self.get("/health")
        assert response.status_code == 200
        return response.json()

    def eventually(self, what: str, holds: Callable[[dict[str, Any]], object], deadline: float = PATIENCE) -> dict[str, Any]:
        """Waits until `holds` is true of /health, and gives that."""

        def probe() -> dict[str, Any] | None:
            health = self.health()
            return health if holds(health) else None

        return eventually(what, probe, deadline)

    def wait_until_idle(self) -> None:
        """No sequence is left behind, neither in the gateway nor in the engine."""
        self.eventually("nothing runs or waits", lambda h: h["requests_active"] == 0
                        and h["engine"]["n_running"] == 0 and h["engine"]["n_waiting"] == 0)

    def worker_pid(self) -> int:
        return self.health()["worker"]["pid"]

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)


def chat_body(text: str = "Hello", **fields: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}], **fields}


class Stream:
    """A streaming chat, event by event, with the connection in the test's hands."""

    def __init__(self, server: Server, body: dict[str, Any]) -> None:
        self._client = httpx.Client(timeout=300, headers=server.headers())
        self._response = self._client.send(
            self._client.build_request("POST", server.base_url + "/chat/completions", json=body), stream=True)
        self.status = self._response.status_code
        self.headers = self._response.headers
        self._lines = self._response.iter_lines()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Goes away, whatever is still to come."""
        self._response.close()
        self._client.close()

    def events(self) -> Iterator[str]:
        """The data of each event."""
        for line in self._lines:
            found = re.fullmatch(r"data: (.*)", line)
            if found:
                yield found.group(1)
