"""Cuts the corpus into steps: conversations of like length side by side, so that little is padding and no mask is needed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Iterator

import numpy
import torch
from torch import Tensor

from corpus import Corpus

_POOL_STEPS = 8


@dataclass(frozen=True)
class Batch:
    tokens: Tensor  # (rows, length), padded at the right
    wanted: Tensor  # bool: positions whose next token the model has to write
    targets: Tensor  # those next tokens, in the order of `wanted`
    owners: Tensor  # the row of each target


def batch(corpus: Corpus, rows: list[int]) -> Batch:
    spans = [(int(corpus.starts[r]), int(corpus.starts[r + 1])) for r in rows]
    length = max(end - begin for begin, end in spans)
    tokens = numpy.zeros((len(rows), length), dtype=numpy.int64)
    written = numpy.zeros((len(rows), length), dtype=bool)
    for i, (begin, end) in enumerate(spans):
        tokens[i, : end - begin] = corpus.tokens[begin:end]
        written[i, : end - begin] = corpus.written[begin:end]
    wanted = torch.from_numpy(written[:, 1:].copy())
    whole = torch.from_numpy(tokens)
    return Batch(whole[:, :-1].contiguous(), wanted, whole[:, 1:][wanted], wanted.nonzero()[:, 0])


def steps(corpus: Corpus, size: int, micro: int, seed: int) -> Iterator[list[Batch]]:
    """Endless steps of about `size` tokens, each in batches of about `micro`, in a new order every epoch.

    A pool of several steps' conversations is sorted by length and cut into batches, which are then dealt out at random."""
    rng = random.Random(seed)
    lengths = numpy.diff(corpus.starts)
    order = list(range(len(corpus)))
    per_step = size // micro
    while True:
        rng.shuffle(order)
        pool: list[int] = []
        total = 0
        for row in order:
            pool.append(row)
            total += int(lengths[row])
            if total >= size * _POOL_STEPS:
                groups = list(_groups(pool, lengths, micro))
                rng.shuffle(groups)
                for i in range(0, len(groups) - per_step + 1, per_step):
                    yield [batch(corpus, rows) for rows in groups[i : i + per_step]]
                pool, total = [], 0


def _groups(rows: list[int], lengths: numpy.ndarray, micro: int) -> Iterator[list[int]]:
    """Rows by length, in groups that cost at most `micro` tokens with their padding."""
    group: list[int] = []
    for row in sorted(rows, key=lambda r: int(lengths[r])):
        if group and int(lengths[row]) * (len(group) + 1) > micro:
            yield group
            group = []
        group.append(row)
    if group:
        yield group
