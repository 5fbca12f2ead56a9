"""What a person meets at the terminal: errors that say what to do, exit statuses by class, run and doctor."""

from __future__ import annotations

import fcntl
import json
import os
import re
import select
import signal
import socket
import subprocess
import termios
import time
from pathlib import Path
from typing import Callable, Iterator

import pytest

from minerva_server import eventually, Server, clean_environment, free_port, program

USAGE, MODEL, MEMORY, NETWORK = 2, 3, 4, 5
DEADLINE = 120.0


@pytest.fixture
def minerva(home: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    def call(*arguments: object, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([program("minerva"), *map(str, arguments)], input=stdin, capture_output=True, text=True,
                              timeout=DEADLINE, env=clean_environment(home) | variables)

    return call


def error_of(result: subprocess.CompletedProcess[str], status: int) -> str:
    """The error's text: the last line of standard error."""
    assert result.returncode == status, result.stderr
    assert result.stdout == ""
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("minerva: ")
    return last.removeprefix("minerva: ")


def test_the_gateway_links_neither_libllama_nor_ggml() -> None:
    def needed(name: str) -> str:
        return subprocess.run(["readelf", "--dynamic", "--wide", program(name)], check=True, capture_output=True, text=True).stdout

    gateway = needed("minerva")
    assert "libc.so" in gateway
    assert "libllama" not in gateway and "libggml" not in gateway
    assert "libllama" in needed("minerva-worker")


@pytest.mark.parametrize("arguments", [[], ["--help"], ["serve", "--help"], ["run", "--help"], ["doctor", "--help"],
                                       ["version", "--help"]])
def test_help_has_examples_and_goes_to_standard_output(minerva, arguments: list[str]) -> None:
    result = minerva(*arguments)
    assert result.returncode == 0
    assert result.stderr == ""
    assert "Usage: minerva" in result.stdout
    assert re.search(r"^Examples:\n  minerva ", result.stdout, re.MULTILINE)


@pytest.mark.parametrize("arguments", [["version"], ["--version"]])
def test_the_version_is_one_line(minerva, arguments: list[str]) -> None:
    assert re.fullmatch(r"minerva \d+\.\d+\.\d+\n", minerva(*arguments).stdout)


@pytest.mark.parametrize("arguments, words", [
    (["srve"], "unknown command 'srve'; did you mean 'serve'?"),
    (["serve", "--ctx-sise", "1024"], "unknown flag '--ctx-sise'; did you mean '--ctx-size'?"),
    (["serve", "--port", "99999"], "--port: '99999' is not a whole number from 0 to 65535"),
    (["serve", "--port"], "--port"),
    (["serve", "model.gguf"], "unexpected argument 'model.gguf'"),
    (["run", "--url", "https://example.org", "hi"], "TLS"),
    (["run", "--temperature", "hot", "hi"], "--temperature: 'hot' is not a number from 0 to 2"),
    (["run", "--max-tokens", "0", "hi"], "--max-tokens: '0' is not a whole number from 1"),
])
def test_a_bad_command_line_is_refused_with_what_is_right(minerva, arguments: list[str], words: str) -> None:
    assert words in error_of(minerva(*arguments), USAGE)


def test_a_bad_configuration_key_is_named_with_its_line(minerva, tmp_path: Path) -> None:
    config = tmp_path / "minerva.toml"
    config.write_text("# mine\nport = 8090\nctx_sizee = 1024\n")
    error = error_of(minerva("serve", "--config", config), USAGE)
    assert f"{config} line 3: unknown key 'ctx_sizee'; did you mean 'ctx-size'?" in error


def test_a_bad_variable_is_named(minerva) -> None:
    assert "MINERVA_PARALLEL: 'many'" in error_of(minerva("serve", MINERVA_PARALLEL="many"), USAGE)


def test_a_port_in_use_is_an_error_before_anything_is_loaded(minerva, tiny_model: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        error = error_of(minerva("serve", "--model", tiny_model, "--port", port), NETWORK)
    assert f"127.0.0.1:{port} is in use" in error and "--port" in error


def test_other_machines_need_a_key(minerva, tiny_model: Path) -> None:
    error = error_of(minerva("serve", "--model", tiny_model, "--host", "0.0.0.0", "--port", free_port()), USAGE)
    assert "without a key" in error and "--api-key-file" in error and "--host 127.0.0.1" in error


def test_a_missing_demo_model_is_said_with_the_way_out(minerva) -> None:
    error = error_of(minerva("serve", "--port", free_port(), MINERVA_DEMO_MODEL="/nonexistent.gguf"), MODEL)
    assert "/nonexistent.gguf" in error and "--model FILE" in error


@pytest.mark.parametrize("breakage, words", [
    ("empty", "empty"),
    ("magic", "not a GGUF"),
    ("version", "version 999"),
    ("counts", "damaged"),
    ("string", "damaged"),
    ("truncated-header", "cut short"),
    ("truncated", "cut short"),
    ("arch", "unheard-of"),
    ("missing-tensor", "blk.0.attn_q.weight"),
    ("shape", "blk.0.attn_q.weight"),
])
def test_a_broken_model_is_refused_with_the_reason(minerva, forge, breakage: str, words: str) -> None:
    path = forge(f"broken-{breakage}", "--break", breakage)
    error = error_of(minerva("serve", "--model", path, "--port", free_port(), "--device", "none"), MODEL)
    assert words in error
    assert str(path) in error


def test_a_model_that_is_not_there_is_named(minerva) -> None:
    assert "/nonexistent/model.gguf" in error_of(minerva("serve", "--model", "/nonexistent/model.gguf", "--port", free_port()), MODEL)


def test_a_model_larger_than_memory_is_refused_before_loading_with_the_numbers(minerva, forge) -> None:
    huge = forge("huge", "--preset", "7b", "--layers", "512", "--ff", "140032", "--sparse")
    began = time.monotonic()
    error = error_of(minerva("serve", "--model", huge, "--port", free_port(), "--device", "none"), MEMORY)
    assert re.search(r"needs about [\d.]+ [GT]iB", error) and re.search(r"[\d.]+ [GMT]iB is free", error), error
    assert time.monotonic() - began < 60


def test_the_start_says_model_placement_context_and_address(start, tiny_model: Path) -> None:
    server = start(tiny_model, "--alias", "tiny", "--ctx-size", "512", "--parallel", "1")
    assert str(tiny_model) in server.log
    assert re.search(r"tiny: llama, .* parameters, F16", server.log)
    assert re.search(r"placement +\S", server.log)
    assert "512 tokens, one request at a time" in server.log
    assert re.search(rf"ready in [\d.]+ s: http://127\.0\.0\.1:{server.port}/v1", server.log)
    server.signal(signal.SIGTERM)
    assert server.process.wait(30) == 0


# --- run


def test_a_piped_prompt_gives_only_the_answer(minerva, tiny_model: Path) -> None:
    result = minerva("run", "--model", tiny_model, "--ctx-size", "128", "--device", "none", stdin="Hello there\n")
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith("\n") and len(result.stdout.strip()) > 0
    assert "placement" not in result.stdout and "ready" not in result.stdout


def test_a_prompt_is_asked_of_the_server_that_runs(minerva, server: Server) -> None:
    before = server.health()["engine"]["n_generated_tokens"]
    result = minerva("run", "--url", server.url, "--max-tokens", 4, "Hello", "there")
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip()
    assert "cut" in result.stderr
    assert server.health()["engine"]["n_generated_tokens"] > before


def test_run_finds_the_server_on_the_configured_port(minerva, server: Server) -> None:
    before = server.health()["engine"]["n_generated_tokens"]
    assert minerva("run", "--max-tokens", 2, "Hello", MINERVA_PORT=str(server.port)).returncode == 0
    assert server.health()["engine"]["n_generated_tokens"] > before


def test_run_says_why_it_fails_by_exit_status(minerva, tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    assert "no server answers" in error_of(minerva("run", "--url", nowhere, "hi"), 1)
    assert "/nonexistent.gguf" in error_of(minerva("run", "--model", "/nonexistent.gguf", "hi"), MODEL)
    assert "standard input is empty" in error_of(minerva("run", stdin="\n"), USAGE)


def test_a_key_is_sent_and_a_missing_one_is_explained(minerva, start, tiny_model: Path) -> None:
    server = start(tiny_model, "--ctx-size", "128", "--parallel", "1", "--api-key", "sesame", key="sesame")
    assert minerva("run", "--url", server.url, "--api-key", "sesame", "--max-tokens", 2, "Hello").returncode == 0
    assert "key" in error_of(minerva("run", "--url", server.url, "Hello"), 1)


class Terminal:
    """`minerva run` on a pseudo-terminal."""

    def __init__(self, home: Path, *arguments: object) -> None:
        self._ours, theirs = os.openpty()
        self.process = subprocess.Popen(
            [program("minerva"), "run", *map(str, arguments)], stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL,
            env=clean_environment(home) | {"TERM": "xterm", "LANG": "C.UTF-8"}, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(theirs)
        self._seen = ""

    def type(self, text: str) -> None:
        """Types into the line editor, once it reads keys itself; Ctrl-C is the terminal's and goes at once."""
        if text != "\x03":
            eventually("the editor reads", lambda: not termios.tcgetattr(self._ours)[3] & termios.ICANON)
        os.write(self._ours, text.encode())

    def expect(self, pattern: str) -> str:
        """Reads until the pattern comes, and takes everything up to its end."""
        end = time.monotonic() + DEADLINE
        while not (found := re.search(pattern, self._seen)):
            assert time.monotonic() < end, f"{pattern!r} did not come; seen: {self._seen!r}"
            if select.select([self._ours], [], [], 0.1)[0]:
                try:
                    self._seen += os.read(self._ours, 65536).decode(errors="replace")
                except OSError:
                    pytest.fail(f"it ended with {self.process.wait(30)} before {pattern!r}; seen: {self._seen!r}")
        taken, self._seen = self._seen[:found.end()], self._seen[found.end():]
        return taken

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._ours)


@pytest.fixture
def open_chat(home: Path) -> Iterator[Callable[[Path], Terminal]]:
    terminals: list[Terminal] = []

    def begin(model: Path) -> Terminal:
        terminals.append(Terminal(home, "--model", model, "--ctx-size", "4096", "--device", "none"))
        terminals[-1].expect("> $")
        return terminals[-1]

    yield begin
    for terminal in terminals:
        terminal.close()


def test_ctrl_c_stops_the_answer_and_not_the_program(open_chat: Callable[[Path], Terminal], slow_model: Path) -> None:
    chat = open_chat(slow_model)
    chat.type("Hello there\n")
    chat.expect(r"there\r\n *\w+ ")
    chat.type("\x03")
    chat.expect(r"\(stopped\)\r\n> $")
    chat.type("/help\n")
    assert "/system TEXT" in chat.expect("> $")
    chat.type("half a line")
    chat.expect("half a line")
    chat.type("\x03")
    chat.expect("> $")
    chat.type("\x03")
    chat.expect(r"Ctrl-C again.*\r\n> $")
    chat.type("\x03")
    assert chat.process.wait(30) == 0


def test_commands_of_the_chat_answer(open_chat: Callable[[Path], Terminal], tiny_model: Path) -> None:
    chat = open_chat(tiny_model)
    chat.type("/sytem\n")
    chat.expect(r"unknown command '/sytem'; did you mean '/system'\?.*\r\n> $")
    chat.type("/system Be brief.\n")
    chat.expect(r"\(system message: Be brief\.\)\r\n> $")
    chat.type("/stats\n")
    chat.expect(r"\(no answer yet\)\r\n> $")
    chat.type("one\\\n")
    chat.expect("… $")
    chat.type("\x03")
    chat.expect("> $")
    chat.type("/exit\n")
    assert chat.process.wait(30) == 0


# --- doctor


def test_doctor_says_what_there_is_and_what_would_be_done(minerva, tiny_model: Path) -> None:
    result = minerva("doctor", "--model", tiny_model, "--port", free_port(), "--device", "none")
    assert result.returncode == 0, result.stdout
    for section in ("Program", "Processor", "Devices", "Network and limits", "What Minerva would do"):
        assert re.search(rf"^{section}$", result.stdout, re.MULTILINE), result.stdout
    assert re.search(r"✓ worker +/.*minerva-worker \(llama\.cpp", result.stdout)
    assert re.search(r"✓ memory +[\d.]+ GiB available", result.stdout)
    assert re.search(r"✓ port \d+ +free on 127\.0\.0\.1", result.stdout)
    assert re.search(r"✓ placement +\S", result.stdout)
    assert "\x1b" not in result.stdout


def test_doctor_speaks_json(minerva, tiny_model: Path) -> None:
    report = json.loads(minerva("doctor", "--json", "--model", tiny_model, "--port", free_port(), "--device", "none").stdout)
    assert report["healthy"] is True
    assert report["memory"]["total_bytes"] >= report["memory"]["available_bytes"] > 0
    assert "CPU" in report["machine"]["backends"]
    assert report["model"]["architecture"] == "llama"
    assert {finding["mark"] for finding in report["findings"]} <= {"ok", "warning"}


def test_doctor_marks_a_model_that_does_not_load_and_a_port_that_is_taken(minerva, server: Server, forge) -> None:
    broken = forge("broken-truncated", "--break", "truncated")
    result = minerva("doctor", "--model", broken, "--port", server.port)
    assert result.returncode == 1
    assert re.search(r"✗ model +.*cut short", result.stdout)
    assert "a Minerva server answers there" in result.stdout


def test_doctor_survives_a_worker_that_dies(minerva, tmp_path: Path, tiny_model: Path) -> None:
    worker = tmp_path / "worker"
    worker.write_text("#!/bin/sh\necho 'driver exploded' >&2\nkill -SEGV $$\n")
    worker.chmod(0o755)
    result = minerva("doctor", "--model", tiny_model, "--port", free_port(), "--worker", worker)
    assert result.returncode == 1
    assert re.search(r"✗ worker +.*signal 11.*driver exploded", result.stdout)
    assert "cores" in result.stdout
