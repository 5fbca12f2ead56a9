#!/usr/bin/env python3
"""Makes the demo model from nothing: corpus, vocabulary, training, GGUF. Needs python3-torch, -gguf, -tokenizers, -jinja2 and -numpy."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
_MAIN_SHARE = 0.88  # of the time; the rest goes on at a lower rate, and the two results are averaged
_FINE_RATE = 0.3
# OpenBLAS and OpenMP threads spin while they wait; on a shared machine that costs more than it gives.
_QUIET_THREADS = {"OPENBLAS_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}


def run(script: str, *arguments: object) -> None:
    subprocess.run([sys.executable, str(HERE / script), *map(str, arguments)], check=True, env=os.environ | _QUIET_THREADS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "demo-model", help="for the corpus and the checkpoints")
    parser.add_argument("--out", type=Path, default=ROOT / "models" / "minerva-demo.gguf")
    parser.add_argument("--minutes", type=float, default=120, help="time to train, on two cores")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    run("generate.py", "--folder", arguments.folder)
    folder = arguments.folder
    train = ("train.py", "--folder", folder, "--threads", arguments.threads)
    run(*train, "--minutes", arguments.minutes * _MAIN_SHARE, "--name", "main.pt")
    run(*train, "--minutes", arguments.minutes * (1 - _MAIN_SHARE), "--name", "fine.pt", "--resume", folder / "main.pt", "--rate", _FINE_RATE)
    run("average.py", folder / "main.pt", folder / "fine.pt", "--out", folder / "final.pt")
    run("convert.py", "--weights", folder / "final.pt", "--tokenizer", folder / "tokenizer.json", "--out", arguments.out)


if __name__ == "__main__":
    main()
