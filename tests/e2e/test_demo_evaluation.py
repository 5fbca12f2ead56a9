"""The demo model's whole exam, through the server: what it was taught and what was held out, greedy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from conftest import Start
from minerva_server import REPOSITORY


def test_the_demo_model_passes_its_exam(start: Start, demo_model: Path | None) -> None:
    server = start(demo_model)
    exam = subprocess.run([sys.executable, "-B", REPOSITORY / "tools/demo-model/evaluate.py", "--url", server.url, "--mistakes"],
                          capture_output=True, text=True, timeout=500)
    assert exam.returncode == 0, exam.stdout + exam.stderr
