"""Many connections that ask nothing: they hold up nobody, also where the shell allows few open files."""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Callable
from pathlib import Path

from minerva_server import Server

SOFT_LIMIT = 256
IDLE = 1000


def test_a_thousand_idle_connections_hold_up_nobody(start: Callable[..., Server], tiny_model: Path) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (SOFT_LIMIT, most))  # what the server inherits
    try:
        server = start(tiny_model)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    idle = [socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(IDLE)]
    try:
        begun = time.monotonic()
        assert server.health()["status"] == "ok"
        assert time.monotonic() - begun < 2  # a server that ran out of files would not answer at all
        assert server.chat("Hello", max_tokens=4).status_code == 200
        # None was turned away: the server has said nothing on any of them.
        for connection in idle:
            connection.setblocking(False)
            try:
                assert False, f"an idle connection was answered {connection.recv(100)!r}"
            except BlockingIOError:
                pass
    finally:
        for connection in idle:
            connection.close()
    assert "too many open files" not in server.log.lower()
