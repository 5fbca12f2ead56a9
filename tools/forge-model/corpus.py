#!/usr/bin/env python3
"""Broken GGUF files, made from a sound one: cut at every section, and one for each class of mistake that has been a security
hole in a reader of this format (counts, lengths, offsets and dimensions that overflow or lie outside, types, duplicates, alignment),
or that a model loader may believe (hyperparameters, vocabulary).

  corpus.py sound.gguf FOLDER
  corpus.py --heads sound.gguf FOLDER    without the weights: seeds for the fuzzer of tests/fuzz/inference
"""

from __future__ import annotations

import argparse
import struct
import sys
from pathlib import Path
from typing import Callable, Iterator

import gguf_file
from gguf_file import ARRAY, BOOL, FLOAT32, I32, STRING, U32, U64, Entry, File, array, text, u32, u64

HUGE = {"2^31": 1 << 31, "2^32": 1 << 32, "2^61": 1 << 61, "2^63": 1 << 63, "2^64-1": (1 << 64) - 1}

Change = Callable[[File], object]


def cuts(sound: File) -> Iterator[tuple[str, bytes]]:
    """The file ends where a section begins, and in the middle of each."""
    whole = sound.written()
    ends = [begin for _, begin in sound.sections[1:]] + [len(whole)]
    for (what, begin), end in zip(sound.sections, ends):
        for where, at in (("before", begin), ("inside", (begin + end) // 2)):
            if at < len(whole) and (where == "before" or at > begin):
                yield f"cut {where} {what}", whole[:at]
    yield "cut by one byte", whole[:-1]


def _set(key: str, kind: int, value: bytes) -> Change:
    def change(file: File) -> None:
        entry = file.entry(key)
        entry.kind, entry.value = kind, value

    return change


def _add(key: bytes, kind: int, value: bytes) -> Change:
    return lambda file: file.entries.append(Entry(key, kind, value))


def _tensor(**values: object) -> Change:
    def change(file: File) -> None:
        tensor = file.tensor("blk.0.ffn_up.weight")
        for name, value in values.items():
            setattr(tensor, name, value)

    return change


def counts() -> Iterator[tuple[str, Change]]:
    for name, value in HUGE.items():
        yield f"{name} tensors", lambda file, value=value: setattr(file, "n_tensors", value)
        yield f"{name} entries", lambda file, value=value: setattr(file, "n_entries", value)
        yield f"a string of {name} bytes", _set("general.name", STRING, u64(value) + b"name")
        yield f"an array of {name} numbers", _set("tokenizer.ggml.token_type", ARRAY, array(U32, [u32(1)], value))
        yield f"an array of {name} strings", _set("tokenizer.ggml.tokens", ARRAY, array(STRING, [text(b"a")], value))
        yield f"a key of {name} bytes", lambda file, value=value: setattr(file.entries[3], "n_key", value)
    yield "more entries than there are", lambda file: setattr(file, "n_entries", len(file.entries) + 1)
    yield "fewer entries than there are", lambda file: setattr(file, "n_entries", len(file.entries) - 1)
    yield "more tensors than there are", lambda file: setattr(file, "n_tensors", len(file.tensors) + 1)


def entries() -> Iterator[tuple[str, Change]]:
    yield "an empty key", _add(b"", U32, u32(1))
    yield "a duplicate key", _add(b"llama.block_count", U32, u32(1))
    yield "a value of unknown type", _set("general.name", 99, u32(0))
    yield "an array of unknown type", _set("tokenizer.ggml.token_type", ARRAY, array(99, [u32(1)]))
    yield "an array of arrays", _set("tokenizer.ggml.token_type", ARRAY, array(ARRAY, [array(U32, [u32(1)])]))
    yield "a truth value of 7", _set("tokenizer.ggml.add_bos_token", BOOL, b"\x07")
    for value in (0, 3, 1 << 31):
        yield f"an alignment of {value}", _add(b"general.alignment", U32, u32(value))
    yield "an alignment that is a text", _add(b"general.alignment", STRING, text(b"32"))
    yield "an architecture that is a number", _set("general.architecture", U32, u32(1))
    yield "an architecture without letters", _set("general.architecture", STRING, text(b""))
    yield "an architecture of a megabyte", _set("general.architecture", STRING, text(b"a" * (1 << 20)))
    yield "a name that is a number", _set("general.name", U32, u32(1))
    yield "a template that is a number", _set("tokenizer.chat_template", U32, u32(1))
    yield "a template that does not end", _set("tokenizer.chat_template", STRING, text(b"{% for m in messages %}"))


def tensors() -> Iterator[tuple[str, Change]]:
    yield "a duplicate tensor", lambda file: file.tensors.append(file.tensors[0])
    yield "a tensor without a name", _tensor(name=b"")
    yield "a tensor with a long name", _tensor(name=b"blk.0." + b"a" * 200)
    yield "a tensor with a zero in its name", _tensor(name=b"blk.0.\0ffn_up.weight")
    yield "no dimensions", _tensor(dimensions=[])
    yield "five dimensions", _tensor(dimensions=[32, 1, 1, 1, 1])
    yield "2^32-1 dimensions", _tensor(n_dimensions=(1 << 32) - 1)
    yield "a dimension of 0", _tensor(dimensions=[32, 0])
    for name, value in HUGE.items():
        yield f"a dimension of {name}", _tensor(dimensions=[32, value])
        yield f"an offset of {name}", _tensor(offset=value)
    yield "dimensions whose product overflows", _tensor(dimensions=[1 << 32, 1 << 32])
    yield "dimensions whose bytes overflow", _tensor(dimensions=[1 << 31, 1 << 31, 1, 1])
    yield "an offset that is not aligned", lambda file: _tensor(offset=file.tensor("blk.0.ffn_up.weight").offset + 1)(file)
    yield "tensors that overlap", _tensor(offset=0)
    for kind in (4, 26, 28, 31, 255, (1 << 32) - 1):
        yield f"tensor type {kind}", _tensor(kind=kind)
    yield "rows that are not whole blocks", _tensor(kind=8, dimensions=[33, 32])
    yield "a tensor that is missing", lambda file: file.tensors.remove(file.tensor("blk.0.ffn_up.weight"))
    yield "no tensors", lambda file: file.tensors.clear()
    yield "rows and columns the other way", _tensor(dimensions=[32, 16])


def shapes() -> Iterator[tuple[str, Change]]:
    lengths = ("block_count", "context_length", "embedding_length", "feed_forward_length", "attention.head_count",
               "attention.head_count_kv", "rope.dimension_count", "vocab_size")
    for length in lengths:
        for value in (0, 3, 0x7FFF_FFFF, 0xFFFF_FFFF):
            yield f"{length} of {value}", _set(f"llama.{length}", U32, u32(value))
        yield f"{length} as a text", _set(f"llama.{length}", STRING, text(b"2"))
        yield f"{length} below zero", _set(f"llama.{length}", I32, struct.pack("<i", -2))
        if length != "context_length":
            yield f"no {length}", lambda file, key=f"llama.{length}": file.without(key)
    for value in (float("nan"), float("inf"), -1.0):
        yield f"an epsilon of {value}", _set("llama.attention.layer_norm_rms_epsilon", FLOAT32, struct.pack("<f", value))
        yield f"a rope base of {value}", _set("llama.rope.freq_base", FLOAT32, struct.pack("<f", value))
    yield "heads as an array of the wrong length", _set("llama.attention.head_count", ARRAY, array(U32, [u32(2)] * 9))


def vocabulary() -> Iterator[tuple[str, Change]]:
    tokens, types, scores = "tokenizer.ggml.tokens", "tokenizer.ggml.token_type", "tokenizer.ggml.scores"
    for key in (tokens, types, scores, "tokenizer.ggml.model", "tokenizer.ggml.bos_token_id"):
        yield f"no {key}", lambda file, key=key: file.without(key)
    yield "no words", _set(tokens, ARRAY, array(STRING, []))
    yield "words that are numbers", _set(tokens, ARRAY, array(U32, [u32(1)]))
    yield "one word", _set(tokens, ARRAY, array(STRING, [text(b"a")]))
    yield "one type", _set(types, ARRAY, array(I32, [u32(1)]))
    yield "one score", _set(scores, ARRAY, array(FLOAT32, [u32(0)]))
    yield "scores that are whole numbers", _set(scores, ARRAY, array(U64, [u64(0)]))
    yield "words that are no UTF-8", _set(tokens, ARRAY, array(STRING, [text(b"\xff" + bytes(str(i), "ascii")) for i in range(356)]))
    yield "words that are all the same", _set(tokens, ARRAY, array(STRING, [text(b"a")] * 356))
    yield "a tokenizer that nobody knows", _set("tokenizer.ggml.model", STRING, text(b"abacus"))
    yield "a tokenizer without merges", _set("tokenizer.ggml.model", STRING, text(b"gpt2"))
    yield "a tokenizer without a vocabulary", _set("tokenizer.ggml.model", STRING, text(b"none"))
    for name in ("bos", "eos"):
        for value in (100_000, 0x7FFF_FFFF, 0xFFFF_FFFE):
            yield f"{name} token {value}", _set(f"tokenizer.ggml.{name}_token_id", U32, u32(value))


def cases(sound: File) -> Iterator[tuple[str, bytes]]:
    """Each with a name of its own. Some are sound enough to be served; none may hurt."""
    yield from cuts(sound)
    for make in (counts, entries, tensors, shapes, vocabulary):
        for name, change in make():
            file = sound.copy()
            change(file)
            yield name, file.written()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heads", action="store_true", help="without the weights")
    parser.add_argument("sound", type=Path)
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    sound = gguf_file.read(args.sound)
    if args.heads:
        sound.data = b""
    args.folder.mkdir(parents=True, exist_ok=True)
    made = {"sound": sound.written()} | dict(cases(sound))
    for number, (name, data) in enumerate(made.items()):
        (args.folder / f"{number:03}-{''.join(c if c.isalnum() else '-' for c in name)[:60]}.gguf").write_bytes(data)
    print(f"{args.folder}: {len(made)} files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
