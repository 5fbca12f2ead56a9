"""What the end-to-end tests share: models and servers.

MINERVA_BIN_DIR says where the programs are, MINERVA_TEST_MODEL names another model than the demo model.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Callable, Iterator

import pytest

from minerva_server import REPOSITORY, Server

Start = Callable[..., Server]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes a model of random weights: its text means nothing, and never ends by itself."""
    folder = tmp_path_factory.mktemp("models")

    def make(name: str, *arguments: str) -> Path:
        path = folder / f"{name}.gguf"
        if not path.exists():
            subprocess.run([sys.executable, "-B", REPOSITORY / "tools/forge-model/forge.py", path, *arguments], check=True)
        return path

    return make


@pytest.fixture(scope="session")
def tiny_model(forge: Callable[..., Path]) -> Path:
    """Thousands of tokens a second."""
    return forge("tiny", "--preset", "tiny")


@pytest.fixture(scope="session")
def slow_model(forge: Callable[..., Path]) -> Path:
    """Its context takes many seconds to fill, by a prompt or by an answer, so that a test can act meanwhile."""
    return forge("slow", "--preset", "20m", "--context", "32768")


@pytest.fixture(scope="session")
def demo_model() -> Path | None:
    """None is what `minerva serve` takes by itself."""
    named = os.environ.get("MINERVA_TEST_MODEL")
    return Path(named) if named else None


@pytest.fixture
def start(home: Path) -> Iterator[Start]:
    """Starts servers that end with the test."""
    servers: list[Server] = []

    def begin(model: Path | None, *flags: str, **options: object) -> Server:
        servers.append(Server(home, model, *flags, **options))
        return servers[-1]

    yield begin
    for server in servers:
        server.__exit__()


@pytest.fixture(scope="module")
def tiny_server(home: Path, tiny_model: Path) -> Iterator[Server]:
    """One for all tests of a file: two requests at once, 512 tokens each."""
    with Server(home, tiny_model, "--alias", "tiny", "--ctx-size", "1024", "--parallel", "2") as server:
        yield server


@pytest.fixture
def server(tiny_server: Server) -> Iterator[Server]:
    """The file's server, which after every test is alive, serves, and has no sequence left."""
    yield tiny_server
    assert tiny_server.process.poll() is None
    tiny_server.wait_until_idle()
    assert tiny_server.health()["worker"]["restarts"] == 0
