"""A GGUF file as its parts, to be changed one by one and written again, also where the result is nonsense.

Layout: ggml's docs/gguf.md. Unlike python3-gguf this reads nothing into the values and checks nothing on the way out.
"""

from __future__ import annotations

import copy
import struct
from dataclasses import dataclass, field
from pathlib import Path

MAGIC = b"GGUF"
U32, I32, FLOAT32, BOOL, STRING, ARRAY, U64 = 4, 5, 6, 7, 8, 9, 10
SIZES = {0: 1, 1: 1, 2: 2, 3: 2, U32: 4, I32: 4, FLOAT32: 4, BOOL: 1, U64: 8, 11: 8, 12: 8}  # by type number
DEFAULT_ALIGNMENT = 32


def u32(value: int) -> bytes:
    return struct.pack("<I", value)


def u64(value: int) -> bytes:
    return struct.pack("<Q", value)


def text(value: bytes, length: int | None = None) -> bytes:
    """A string; `length` is what it claims to have instead."""
    return u64(len(value) if length is None else length) + value


def array(kind: int, values: list[bytes], count: int | None = None) -> bytes:
    return u32(kind) + u64(len(values) if count is None else count) + b"".join(values)


@dataclass
class Entry:
    key: bytes
    kind: int
    value: bytes  # as it is written
    n_key: int | None = None  # bytes of the key that are claimed


@dataclass
class Tensor:
    name: bytes
    dimensions: list[int]
    kind: int
    offset: int
    n_dimensions: int | None = None  # that are claimed


@dataclass
class File:
    entries: list[Entry]
    tensors: list[Tensor]
    data: bytes
    version: int = 3
    n_entries: int | None = None  # that are claimed
    n_tensors: int | None = None
    sections: list[tuple[str, int]] = field(default_factory=list)  # of the last written(): what begins where

    def entry(self, key: str) -> Entry:
        return next(entry for entry in self.entries if entry.key == key.encode())

    def tensor(self, name: str) -> Tensor:
        return next(tensor for tensor in self.tensors if tensor.name == name.encode())

    def copy(self) -> File:
        return copy.deepcopy(self)

    def without(self, key: str) -> File:
        self.entries.remove(self.entry(key))
        return self

    def written(self) -> bytes:
        out = bytearray()
        self.sections = []

        def put(what: str, value: bytes) -> None:
            self.sections.append((what, len(out)))
            out.extend(value)

        put("magic", MAGIC)
        put("version", u32(self.version))
        put("tensor count", u64(len(self.tensors) if self.n_tensors is None else self.n_tensors))
        put("entry count", u64(len(self.entries) if self.n_entries is None else self.n_entries))
        for entry in self.entries:
            name = entry.key.decode(errors="replace")
            put(f"key {name}", text(entry.key, entry.n_key))
            put(f"type of {name}", u32(entry.kind))
            put(f"value of {name}", entry.value)
        for tensor in self.tensors:
            name = tensor.name.decode(errors="replace")
            put(f"tensor {name}", text(tensor.name))
            n_dimensions = len(tensor.dimensions) if tensor.n_dimensions is None else tensor.n_dimensions
            put(f"dimensions of {name}", u32(n_dimensions) + b"".join(map(u64, tensor.dimensions)))
            put(f"type of tensor {name}", u32(tensor.kind))
            put(f"offset of {name}", u64(tensor.offset))
        put("padding", bytes(-len(out) % DEFAULT_ALIGNMENT))
        put("data", self.data)
        return bytes(out)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, n: int) -> bytes:
        self.at += n
        return self.data[self.at - n:self.at]

    def number(self, n: int) -> int:
        return int.from_bytes(self.take(n), "little")

    def string(self) -> bytes:
        return self.take(self.number(8))

    def value(self, kind: int) -> bytes:
        begin = self.at
        if kind == STRING:
            self.string()
        elif kind == ARRAY:
            element, count = self.number(4), self.number(8)
            if element == STRING:
                for _ in range(count):
                    self.string()
            else:
                self.take(count * SIZES[element])
        else:
            self.take(SIZES[kind])
        return self.data[begin:self.at]


def read(path: Path) -> File:
    """Of a sound file without arrays of arrays."""
    reader = _Reader(path.read_bytes())
    assert reader.take(4) == MAGIC, path
    version, n_tensors, n_entries = reader.number(4), reader.number(8), reader.number(8)
    entries = []
    for _ in range(n_entries):
        key, kind = reader.string(), reader.number(4)
        entries.append(Entry(key, kind, reader.value(kind)))
    tensors = []
    for _ in range(n_tensors):
        name, n_dimensions = reader.string(), reader.number(4)
        dimensions = [reader.number(8) for _ in range(n_dimensions)]
        tensors.append(Tensor(name, dimensions, reader.number(4), reader.number(8)))
    reader.take(-reader.at % DEFAULT_ALIGNMENT)
    return File(entries, tensors, reader.data[reader.at:], version)
