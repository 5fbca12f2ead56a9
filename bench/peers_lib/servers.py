"""The two programs under test, started with the same model, threads, context and slots."""
import contextlib
import dataclasses
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

LLAMA_SERVER = "llama-server"
THREADS = "2"
PARALLEL = "8"
CONTEXT = "16384"
START_DEADLINE_S = 120


@dataclasses.dataclass
class Server:
    name: str
    command: list[str]
    ready_path: str

    environment: dict[str, str] = dataclasses.field(default_factory=dict)  # beside this process's own

    @contextlib.contextmanager
    def running(self, model: pathlib.Path) -> Iterator[str]:
        """The server's address while it runs."""
        with self.started(model) as (url, _):
            yield url

    @contextlib.contextmanager
    def started(self, model: pathlib.Path) -> Iterator[tuple[str, int]]:
        """Its address and process id. It is ended with the block, also when this program is told to end."""
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        port = _free_port()
        url = f"http://127.0.0.1:{port}"
        # A cache of its own, so that what one run's faults taught of placements is not believed in the next.
        with tempfile.TemporaryFile() as log, tempfile.TemporaryDirectory() as cache:
            process = subprocess.Popen([*self.command, "--model", str(model), "--port", str(port)], stdout=log, stderr=log,
                                       env=os.environ | {"XDG_CACHE_HOME": cache} | self.environment)
            try:
                _wait_ready(process, url + self.ready_path, log)
                yield url, process.pid
            finally:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def with_prefix_files(server: Server, folder: str) -> Server:
    """The server with what it has to keep prefixes over a restart; llama-server has nothing of the kind."""
    if server.command[0] == LLAMA_SERVER:
        return server
    return dataclasses.replace(server, command=[*server.command, "--prefix-cache-dir", folder])


COMMON = ["--alias", "m", "--threads", THREADS, "--device", "none", "--parallel", PARALLEL, "--ctx-size", CONTEXT]


def minerva(program: pathlib.Path, serve_args: list[str]) -> Server:
    return Server("minerva", [str(program), "serve", *COMMON, *serve_args], "/readyz")


def both(program: pathlib.Path, serve_args: list[str]) -> list[Server]:
    return [minerva(program, serve_args), Server("llama-server", [LLAMA_SERVER, *COMMON], "/health")]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_ready(process: subprocess.Popen, url: str, log) -> None:
    deadline = time.monotonic() + START_DEADLINE_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            log.seek(0)
            raise SystemExit(f"{process.args[0]} ended at its start:\n{log.read().decode(errors='replace')[-2000:]}")
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            with urllib.request.urlopen(url, timeout=2) as reply:
                if reply.status == 200:
                    return
        time.sleep(0.1)
    raise SystemExit(f"{process.args[0]} was not ready within {START_DEADLINE_S} s")
