"""The network: the llama architecture, small, with the rotary pairs interleaved as GGUF wants them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

import embedding
from product import Linear, product


@dataclass(frozen=True)
class Shape:
    vocabulary: int = 3584
    width: int = 256
    layers: int = 4
    heads: int = 4
    kv_heads: int = 2
    hidden: int = 352
    context: int = 2048
    rope_base: float = 10000.0
    norm_epsilon: float = 1e-5

    @property
    def head_width(self) -> int:
        return self.width // self.heads


def rotary_table(shape: Shape) -> tuple[Tensor, Tensor]:
    """Cosine and sine by position and pair."""
    rates = shape.rope_base ** (-torch.arange(0, shape.head_width, 2).float() / shape.head_width)
    angles = torch.outer(torch.arange(shape.context).float(), rates)
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """x: (batch, length, heads, head width); turns each pair (2i, 2i+1)."""
    even, odd = x[..., 0::2], x[..., 1::2]
    cos, sin = cos[: x.shape[1], None], sin[: x.shape[1], None]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)


class Norm(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(shape.width))
        self.epsilon = shape.norm_epsilon

    def forward(self, x: Tensor) -> Tensor:
        return functional.rms_norm(x, x.shape[-1:], self.weight, self.epsilon)


class Block(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        kv = shape.kv_heads * shape.head_width
        self.attention_norm = Norm(shape)
        self.query = Linear(shape.width, shape.width)
        self.key = Linear(shape.width, kv)
        self.value = Linear(shape.width, kv)
        self.mix = Linear(shape.width, shape.width)
        self.hidden_norm = Norm(shape)
        self.gate = Linear(shape.width, shape.hidden)
        self.up = Linear(shape.width, shape.hidden)
        self.down = Linear(shape.hidden, shape.width)
        for module in (self.mix, self.down):
            nn.init.zeros_(module.weight)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        x = x + self._attend(self.attention_norm(x), cos, sin)
        h = self.hidden_norm(x)
        return x + self.down(functional.silu(self.gate(h)) * self.up(h))

    def _attend(self, h: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        batch, length, width = h.shape
        head = self.shape.head_width
        q = rotate(self.query(h).view(batch, length, self.shape.heads, head), cos, sin).transpose(1, 2)
        k = rotate(self.key(h).view(batch, length, self.shape.kv_heads, head), cos, sin).transpose(1, 2)
        v = self.value(h).view(batch, length, self.shape.kv_heads, head).transpose(1, 2)
        groups = self.shape.heads // self.shape.kv_heads
        k, v = k.repeat_interleave(groups, 1), v.repeat_interleave(groups, 1)
        out = functional.scaled_dot_product_attention(q, k.to(q.dtype), v.to(q.dtype), is_causal=True)
        return self.mix(out.transpose(1, 2).reshape(batch, length, width))


@torch.no_grad()
def _look_back(block: Block, shape: Shape) -> None:
    """Starts the heads of the block's last key so that the first attends one token back, the next two, whatever the tokens are.

    Copying needs such heads, and training finds them late. The last coordinate of every embedding is a constant; query and key read
    only that, in the fastest rotary pairs, with the query turned back by the wanted distance."""
    pairs, sharpness = 5, 24.0
    head, groups = shape.head_width, shape.heads // shape.kv_heads
    rows = slice((shape.kv_heads - 1) * head, shape.kv_heads * head)
    size = (sharpness * head**0.5 / pairs) ** 0.5 / embedding.CONSTANT
    block.key.weight[rows] = 0
    block.key.weight[rows][: 2 * pairs : 2, -1] = size
    nn.init.orthogonal_(block.value.weight[rows])
    angles = shape.rope_base ** (-torch.arange(pairs) * 2.0 / head)
    for distance in range(1, groups + 1):
        first = (shape.heads - groups + distance - 1) * head
        query = block.query.weight[first : first + head]
        query.zero_()
        query[: 2 * pairs : 2, -1] = size * torch.cos(-distance * angles)
        query[1 : 2 * pairs : 2, -1] = size * torch.sin(-distance * angles)
        block.mix.weight[:, first : first + head] = 0.15 * nn.init.orthogonal_(torch.empty(shape.width, head))


class Network(nn.Module):
    def __init__(self, shape: Shape, tokens: dict[str, int] | None = None) -> None:
        """A network to train from the start, given the vocabulary, or one to load weights into."""
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = Norm(shape)
        if tokens is not None:
            self.embedding.weight.data = embedding.start(tokens, shape.width)
            _look_back(self.blocks[0], shape)
        cos, sin = rotary_table(shape)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)

    def forward(self, tokens: Tensor, wanted: Tensor) -> Tensor:
        """Logits for the positions of `tokens` (batch, length) that `wanted` marks."""
        x = self.embedding(tokens)
        for block in self.blocks:
            x = block(x, self.cos, self.sin)
        return product(self.norm(x)[wanted], self.embedding.weight)

    def size(self) -> int:
        return sum(p.numel() for p in self.parameters())
