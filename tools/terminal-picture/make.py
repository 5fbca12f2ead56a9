#!/usr/bin/env python3
"""Makes docs/terminal.svg from a real run: types commands at a real shell and draws what the terminal shows.

    ./dev exec tools/terminal-picture/make.py

Needs the release build (./dev build) and curl."""

from __future__ import annotations

import html
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
COLUMNS, PORT = 100, 8091
CHAR_W, LINE_H, PAD = 8.4, 19, 16
COLOURS = {"30": "#555", "31": "#ff6b68", "32": "#7ec699", "33": "#e5c07b", "34": "#61afef", "35": "#c678dd", "36": "#56b6c2",
           "90": "#8a8f98", "2": "#8a8f98"}
QUESTION = '{"messages":[{"role":"user","content":"What is the capital of France?"}],"temperature":0}'


def in_terminal(command: list[str], until: str | None, deadline_s: float) -> tuple[str, int]:
    """Runs `command` on a pseudo-terminal; gives what it showed, and its process (still running if `until` came first)."""
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", COLUMNS=str(COLUMNS))
        os.execvp(command[0], command)
    shown, end = "", time.monotonic() + deadline_s
    while time.monotonic() < end:
        if select.select([fd], [], [], 0.2)[0]:
            try:
                chunk = os.read(fd, 65536).decode(errors="replace")
            except OSError:
                chunk = ""
            if not chunk:
                break
            shown += chunk
        if until and until in shown:
            break
    return shown, pid


def screen_lines(raw: str) -> list[str]:
    """The lines as the terminal leaves them: what a carriage return or an erase overwrote is gone."""
    lines = []
    for line in raw.replace("\r\n", "\n").split("\n"):
        final = re.split(r"\r|\x1b\[2?K", line)
        lines.append(next((part for part in reversed(final) if part.strip()), ""))
    return lines


def spans(line: str, y: int) -> str:
    out, x, style = [], 0, ""
    for text, codes in re.findall(r"([^\x1b]+)|\x1b\[([\d;]*)[A-Za-z]", line):
        if codes or not text:
            found = [COLOURS[c] for c in codes.split(";") if c in COLOURS]
            style = f' fill="{found[0]}"' if found else ""
            style += ' font-weight="bold"' if "1" in codes.split(";") else ""
            continue
        out.append(f'<text x="{PAD + x * CHAR_W:.1f}" y="{y}"{style} xml:space="preserve">{html.escape(text)}</text>')
        x += len(text)
    return "".join(out)


def draw(lines: list[str]) -> str:
    width = PAD * 2 + CHAR_W * max(max(len(re.sub(r"\x1b\[[\d;]*[A-Za-z]", "", line)) for line in lines), 60)
    height = PAD * 2 + LINE_H * len(lines)
    body = "\n".join(spans(line, PAD + 13 + LINE_H * number) for number, line in enumerate(lines))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" font-size="14" fill="#dcdfe4" '
            f'font-family="ui-monospace, SFMono-Regular, Menlo, DejaVu Sans Mono, monospace">\n'
            f'<rect width="100%" height="100%" rx="8" fill="#1e2127"/>\n{body}\n</svg>\n')


def prompt(command: str) -> str:
    return f"\x1b[32m$\x1b[0m \x1b[1m{command}\x1b[0m"


def main() -> int:
    minerva = str(ROOT / "build/release/bin/minerva")
    served, server = in_terminal([minerva, "serve", "--port", str(PORT)], "ready in", 60)
    try:
        curl = ["curl", "-s", f"localhost:{PORT}/v1/chat/completions", "-d", QUESTION]
        answer = subprocess.run(curl, capture_output=True, text=True, check=True, timeout=60).stdout
        asked = subprocess.run([minerva, "run", "--url", f"http://127.0.0.1:{PORT}", "Count from 17 to 40"],
                               stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=60).stdout
    finally:
        os.kill(server, signal.SIGTERM)
        os.waitpid(server, 0)
    shown = [prompt(f"./dev serve --port {PORT}"), *screen_lines(served), ""]
    shown += [prompt(f"curl -s localhost:{PORT}/v1/chat/completions -d '{QUESTION}'"), *wrapped(answer), ""]
    shown += [prompt('./dev exec minerva run "Count from 17 to 40"'), *wrapped(asked)]
    target = ROOT / "docs/terminal.svg"
    target.write_text(draw(shown))
    print(target)
    return 0


def wrapped(text: str) -> list[str]:
    return [line[at:at + COLUMNS] for line in text.strip().split("\n") for at in range(0, max(len(line), 1), COLUMNS)]


if __name__ == "__main__":
    sys.exit(main())
