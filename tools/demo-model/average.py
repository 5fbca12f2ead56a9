"""Averages the weights of two checkpoints of one training: what each phase's last steps did by chance falls away."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("one", type=Path)
    parser.add_argument("two", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    one, two = (torch.load(path, weights_only=True) for path in (arguments.one, arguments.two))
    if one["shape"] != two["shape"]:
        raise SystemExit(f"{arguments.one} and {arguments.two} are of different shapes")
    two["weights"] = {name: (weights + one["weights"][name]) / 2 for name, weights in two["weights"].items()}
    torch.save(two, arguments.out)


if __name__ == "__main__":
    main()
