"""The Muon optimizer for matrices: momentum whose update is made orthogonal (Keller Jordan, https://kellerjordan.github.io/posts/muon/)."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

import torch
from torch import Tensor

# Coefficients of the quintic Newton-Schulz iteration, from the same source.
_A, _B, _C = 3.4445, -4.7750, 2.0315


def orthogonal(batch: Tensor, steps: int = 5) -> Tensor:
    """The nearest orthogonal matrix, roughly, of each matrix (n, rows, columns)."""
    tall = batch.shape[-2] > batch.shape[-1]
    x = batch.transpose(-1, -2) if tall else batch
    x = (x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)).bfloat16().contiguous()
    for _ in range(steps):
        gram = x @ x.transpose(-1, -2)
        x = _A * x + (_B * gram + _C * gram @ gram) @ x
    x = x.float()
    return x.transpose(-1, -2) if tall else x


class Muon(torch.optim.Optimizer):
    def __init__(self, parameters: list[Tensor], rate: float, momentum: float = 0.95, decay: float = 0.05) -> None:
        super().__init__(parameters, {"lr": rate, "momentum": momentum, "decay": decay})

    def step(self, pool: Executor) -> None:  # type: ignore[override]
        """Updates all matrices, those of one shape together, the shapes on the threads of `pool`."""
        jobs = []
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[Tensor]] = {}
            for p in group["params"]:
                by_shape.setdefault(p.shape, []).append(p)
            jobs += [(group, parameters) for parameters in by_shape.values()]
        list(pool.map(lambda job: self._update(*job), jobs))

    @torch.no_grad()
    def _update(self, group: dict[str, Any], parameters: list[Tensor]) -> None:
        update = orthogonal(torch.stack([self._momentum(p, group["momentum"]) for p in parameters]))
        rows, columns = parameters[0].shape
        scale = max(1.0, rows / columns) ** 0.5
        for p, u in zip(parameters, update):
            p.mul_(1 - group["lr"] * group["decay"])
            p.add_(u, alpha=-group["lr"] * scale)

    def _momentum(self, p: Tensor, beta: float) -> Tensor:
        state = self.state[p]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(p)
        state["momentum"].lerp_(p.grad, 1 - beta)
        return p.grad.lerp(state["momentum"], beta)
