"""The shapes a model can be forged in: dimensions of the llama architecture, and named presets."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Shape:
    layers: int
    width: int
    heads: int
    kv_heads: int
    ff: int
    vocab: int
    context: int

    @property
    def head_width(self) -> int:
        return self.width // self.heads

    @property
    def kv_width(self) -> int:
        return self.head_width * self.kv_heads

    def parameters(self) -> int:
        attention = 2 * self.width * self.width + 2 * self.width * self.kv_width
        layer = attention + 3 * self.width * self.ff + 2 * self.width
        return self.layers * layer + 2 * self.vocab * self.width + self.width

    def check(self) -> None:
        if min(self.layers, self.width, self.heads, self.kv_heads, self.ff, self.context) < 1:
            raise ValueError("every dimension must be at least 1")
        if self.width % self.heads or self.head_width % 2:
            raise ValueError(f"--width {self.width} must be an even multiple of --heads {self.heads}")
        if self.heads % self.kv_heads:
            raise ValueError(f"--heads {self.heads} must be a multiple of --kv-heads {self.kv_heads}")


PRESETS = {
    "tiny": Shape(layers=2, width=64, heads=4, kv_heads=2, ff=128, vocab=512, context=2048),
    "20m": Shape(layers=4, width=256, heads=8, kv_heads=4, ff=768, vocab=32000, context=4096),
    "258m": Shape(layers=16, width=1024, heads=16, kv_heads=4, ff=3072, vocab=32000, context=8192),
    "1b": Shape(layers=16, width=2048, heads=32, kv_heads=8, ff=8192, vocab=32000, context=8192),
    "7b": Shape(layers=32, width=4096, heads=32, kv_heads=8, ff=14336, vocab=32000, context=32768),
}


def with_changes(shape: Shape, **changes: int | None) -> Shape:
    """The shape with those of the named dimensions that are not None replaced."""
    return replace(shape, **{name: value for name, value in changes.items() if value is not None})
