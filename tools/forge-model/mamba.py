"""The tensors and metadata of a Mamba model: recurrent, so that its memory of a sequence cannot be cut. Names and shapes as
llama.cpp reads them (src/models/mamba*.cpp, gguf-py's constants)."""

import gguf
import numpy as np

import shapes

STATE = 16
CONVOLUTION = 4


def inner(shape: shapes.Shape) -> int:
    return 2 * shape.width


def time_step_rank(shape: shapes.Shape) -> int:
    return max(1, shape.width // 16)


def tensors(shape: shapes.Shape) -> list[tuple[str, int, int, int]]:
    """(name, layer, rows, columns) in file order; a vector has 0 rows."""
    width, wide, rank = shape.width, inner(shape), time_step_rank(shape)
    rows = {
        "attn_norm.weight": (0, width),
        "ssm_in.weight": (2 * wide, width),
        "ssm_conv1d.weight": (wide, CONVOLUTION),
        "ssm_conv1d.bias": (0, wide),
        "ssm_x.weight": (rank + 2 * STATE, wide),
        "ssm_dt.weight": (wide, rank),
        "ssm_dt.bias": (0, wide),
        "ssm_a": (wide, STATE),
        "ssm_d": (0, wide),
        "ssm_out.weight": (width, wide),
    }
    found = [("token_embd.weight", 0, shape.vocab, width)]
    found += [(f"blk.{layer}.{part}", layer, *size) for layer in range(shape.layers) for part, size in rows.items()]
    return [*found, ("output_norm.weight", 0, 0, width), ("output.weight", 0, shape.vocab, width)]


def add_metadata(writer: gguf.GGUFWriter, shape: shapes.Shape) -> None:
    writer.add_ssm_conv_kernel(CONVOLUTION)
    writer.add_ssm_inner_size(inner(shape))
    writer.add_ssm_state_size(STATE)
    writer.add_ssm_time_step_rank(time_step_rank(shape))


def is_kept_exact(name: str) -> bool:
    """The kernels take these as 32-bit floats only."""
    return name.endswith(("ssm_a", "ssm_conv1d.weight"))


def decay(rows: int, columns: int) -> np.ndarray:
    """What ssm_a must be, or the state grows without bound: negative, as S4D-Real sets it."""
    return np.tile(-np.arange(1, columns + 1, dtype=np.float32), (rows, 1))
