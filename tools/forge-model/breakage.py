"""Ways to break a GGUF file, one for each mistake a server must survive. Layout of the header: ggml's docs/gguf.md."""

import struct
from pathlib import Path

_HEADER = struct.Struct("<4sIQQ")  # magic, version, tensors, metadata entries


def _patch_header(path: Path, **changes: int | bytes) -> None:
    with path.open("r+b") as file:
        names = ("magic", "version", "tensors", "entries")
        values = dict(zip(names, _HEADER.unpack(file.read(_HEADER.size)))) | changes
        file.seek(0)
        file.write(_HEADER.pack(*(values[name] for name in names)))


def _keep(path: Path, size: int) -> None:
    with path.open("r+b") as file:
        file.truncate(size)


def _giant_string(path: Path) -> None:
    """The first metadata key claims to be longer than any file."""
    with path.open("r+b") as file:
        file.seek(_HEADER.size)
        file.write(struct.pack("<Q", 1 << 62))


# Breakages of a finished file. `arch`, `missing-tensor` and `shape` are made while the file is written (forge.py).
AFTERWARDS = {
    "empty": lambda path: _keep(path, 0),
    "magic": lambda path: _patch_header(path, magic=b"GGML"),
    "version": lambda path: _patch_header(path, version=999),
    "counts": lambda path: _patch_header(path, tensors=1 << 60),
    "string": _giant_string,
    "truncated-header": lambda path: _keep(path, 200),
    "truncated": lambda path: _keep(path, path.stat().st_size * 2 // 3),
}
WHILE_WRITING = ("arch", "missing-tensor", "shape")
KINDS = sorted([*AFTERWARDS, *WHILE_WRITING])
