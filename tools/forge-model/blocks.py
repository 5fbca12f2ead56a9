"""Random weights, written straight into each quantization's blocks.

No float weights are made and rounded: the quantized numbers themselves are drawn, with constant scales chosen so that the
weights have mean 0 and the wanted standard deviation. That makes a 7B file as fast as the disk takes it. Block layouts:
ggml-common.h of ggml (block_q4_0, block_q8_0, block_q4_K, block_q6_K).
"""

import numpy as np
from gguf import GGMLQuantizationType as Type

WEIGHTS_PER_BLOCK = {Type.F32: 1, Type.F16: 1, Type.BF16: 1, Type.Q4_0: 32, Type.Q8_0: 32, Type.Q4_K: 256, Type.Q6_K: 256}


def _uniform_std(levels: int) -> float:
    """Standard deviation of a uniform choice among `levels` neighbouring integers."""
    return float(np.sqrt((levels * levels - 1) / 12.0))


def _half(values: np.ndarray) -> np.ndarray:
    return values.astype("<f2").view(np.uint8).reshape(len(values), 2)


def _signs(rng: np.random.Generator, n: int) -> np.ndarray:
    """+1 or -1: takes the mean out of integer ranges that are not symmetric."""
    return rng.integers(0, 2, n) * 2.0 - 1.0


def _floats(rng: np.random.Generator, n: int, std: float) -> np.ndarray:
    return rng.standard_normal(n, dtype=np.float32) * np.float32(std)


def _bf16(values: np.ndarray) -> np.ndarray:
    bits = values.view(np.uint32)
    return ((bits + 0x8000) >> 16).astype("<u2")


def _q4_0(rng: np.random.Generator, blocks: int, std: float) -> np.ndarray:
    scale = _half(_signs(rng, blocks) * (std / _uniform_std(16)))
    return np.hstack([scale, rng.integers(0, 256, (blocks, 16), dtype=np.uint8)])


def _q8_0(rng: np.random.Generator, blocks: int, std: float) -> np.ndarray:
    scale = _half(np.full(blocks, std / _uniform_std(255)))
    return np.hstack([scale, rng.integers(-127, 128, (blocks, 32), dtype=np.int8).view(np.uint8)])


def _q4_k(rng: np.random.Generator, blocks: int, std: float) -> np.ndarray:
    # weight = d * scale * q - dmin * min with q in 0..15; all eight 6-bit scales and mins of a block are 32.
    d = std / (32 * _uniform_std(16))
    packed = np.tile(np.array([32] * 8 + [0] * 4, dtype=np.uint8), (blocks, 1))
    # Scales and mins 4 to 7 lie as four low bits in bytes 8 to 11 and two high bits on top of bytes 0 to 7 (32 = 2 << 4).
    packed[:, :8] |= 2 << 6
    head = np.hstack([_half(np.full(blocks, d)), _half(np.full(blocks, 7.5 * d)), packed])
    return np.hstack([head, rng.integers(0, 256, (blocks, 128), dtype=np.uint8)])


def _q6_k(rng: np.random.Generator, blocks: int, std: float) -> np.ndarray:
    # weight = d * scale * (q - 32) with q in 0..63; sixteen 8-bit scales.
    quants = rng.integers(0, 256, (blocks, 192), dtype=np.uint8)
    scales = (rng.integers(0, 2, (blocks, 16)) * 64 - 32).astype(np.int8).view(np.uint8)
    return np.hstack([quants, scales, _half(np.full(blocks, std / (32 * _uniform_std(64))))])


_BLOCKS = {Type.Q4_0: _q4_0, Type.Q8_0: _q8_0, Type.Q4_K: _q4_k, Type.Q6_K: _q6_k}
# Bytes of a block that hold its scales as halves: zero there is a block of zeroes.
_SCALE_BYTES = {Type.Q4_0: [0, 1], Type.Q8_0: [0, 1], Type.Q4_K: [0, 1, 2, 3], Type.Q6_K: [208, 209]}


def random_matrix(rng: np.random.Generator, kind: Type, rows: int, columns: int, std: float,
                  zero_rows: list[int] | None = None) -> np.ndarray:
    """A matrix as its file bytes: one row of the array a row of the matrix."""
    per_block = WEIGHTS_PER_BLOCK[kind]
    if columns % per_block:
        raise ValueError(f"rows of {columns} weights do not divide into {kind.name} blocks of {per_block}")
    blocks = rows * columns // per_block
    if kind in _BLOCKS:
        data = _BLOCKS[kind](rng, blocks, std).reshape(rows, columns // per_block, -1)
        if zero_rows:
            data[np.ix_(zero_rows, range(data.shape[1]), _SCALE_BYTES[kind])] = 0
        return np.ascontiguousarray(data.reshape(rows, -1))
    values = _floats(rng, blocks, std).reshape(rows, columns)
    if zero_rows:
        values[zero_rows] = 0
    if kind == Type.F32:
        return values
    return values.astype("<f2") if kind == Type.F16 else _bf16(values)
