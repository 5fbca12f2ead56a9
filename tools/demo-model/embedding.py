"""Where the token embeddings start. A small network learns in minutes what it is told in its first weights, and in hours what it is not."""

from __future__ import annotations

import torch
from torch import Tensor

SCALE = 0.02
CONSTANT = 3.0  # the last coordinate of every token, in units of SCALE; the look-back heads read it
_SPACE = "Ġ"  # a space in the byte alphabet of byte-level BPE
_BARE_SHIFT = 0.6  # length of the step from a word with its space to the word without, relative to a token's length
_PERIODS = (2, 5, 10, 20, 50, 100, 200, 500, 1000)


def start(tokens: dict[str, int], width: int) -> Tensor:
    """Random embeddings with three regularities: a word with and without its space differ by one common step; numbers lie on circles of
    several periods, so that their order and their digits show; the last coordinate is constant."""
    table = torch.randn(len(tokens), width) * SCALE
    length = SCALE * width**0.5
    step = torch.nn.functional.normalize(torch.randn(width), dim=0) * length * _BARE_SHIFT
    for token, row in tokens.items():
        spaced = tokens.get(_SPACE + token)
        if spaced is not None and len(token) > 1:
            table[row] = table[spaced] + step
    table[[tokens[str(n)] for n in range(1000)]] = _number_circles(width) * length
    table[:, -1] = CONSTANT * SCALE
    return table


def _number_circles(width: int) -> Tensor:
    """Unit vectors for 0..999: a cosine and a sine for each period, laid into random directions, and a little of their own."""
    numbers = torch.arange(1000).float()[:, None]
    angles = 2 * torch.pi * numbers / torch.tensor(_PERIODS).float()
    circles = torch.cat([angles.cos(), angles.sin()], dim=1)
    directions = torch.linalg.qr(torch.randn(width, circles.shape[1]))[0]
    mixed = circles / circles.norm(dim=1, keepdim=True) @ directions.T + 0.5 * torch.randn(1000, width) / width**0.5
    return torch.nn.functional.normalize(mixed, dim=1)
