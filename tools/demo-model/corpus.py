"""The training text: conversations from a seed, cut into tokens, with a mark on those the model has to write."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import numpy
from tokenizers import Tokenizer

import course
import template
from exchange import Conversation
from phrasing import Phrasings, plain

SEED = 2026
LONGEST = 1500  # tokens


@dataclass
class Corpus:
    """All conversations end to end; conversation i is tokens[starts[i]:starts[i+1]]."""

    tokens: numpy.ndarray  # uint16
    written: numpy.ndarray  # bool: the model has to write this token
    starts: numpy.ndarray  # int64

    def save(self, path: Path) -> None:
        numpy.savez(path, tokens=self.tokens, written=self.written, starts=self.starts)

    @staticmethod
    def load(path: Path) -> "Corpus":
        data = numpy.load(path)
        return Corpus(data["tokens"], data["written"], data["starts"])

    def __len__(self) -> int:
        return len(self.starts) - 1


class HeldOutCheck:
    """Tells whether a conversation says anything in a phrasing kept for the exam."""

    def __init__(self) -> None:
        self._pattern = re.compile("|".join(f"(?:{p})" for phrasings in Phrasings.every for p in phrasings.held_out_patterns()))

    def spoils(self, conversation: Conversation) -> bool:
        return any(self._held_out(m["content"]) for m in conversation.messages if m["role"] in ("user", "system"))

    def _held_out(self, text: str) -> bool:
        return self._pattern.fullmatch(plain(text)) is not None


def conversations(count: int, seed: int = SEED) -> Iterator[Conversation]:
    """`count` conversations, none of them with a phrasing that is held out."""
    rng = random.Random(seed)
    check = HeldOutCheck()
    made = 0
    while made < count:
        conversation = course.conversation(rng)
        if not check.spoils(conversation):
            made += 1
            yield conversation


# Where a message's text ends inside a turn and the template's goes on. A server that cuts messages and template apart sees a border there.
_BORDER = re.compile(r'(?=\n(?:\{"type"|</tools>|\nCall one|</tool_response>))')


def encode(tokenizer: Tokenizer, conversation: Conversation, borders: bool = False) -> tuple[list[int], list[bool]]:
    """The tokens, and which of them the model has to write. With `borders` messages are cut apart from the template around them."""
    ids: list[int] = []
    marks: list[bool] = []
    for text, written in template.pieces(conversation):
        parts = _BORDER.split(text) if borders and not written else [text]
        for part in parts:
            cut = tokenizer.encode(part, add_special_tokens=False).ids
            ids += cut
            marks += [written] * len(cut)
    return ids, marks


def build(tokenizer: Tokenizer, made: Iterator[Conversation]) -> Corpus:
    tokens, written, starts = [], [], [0]
    rng = random.Random(SEED)
    for conversation in made:
        ids, marks = encode(tokenizer, conversation, borders=rng.random() < 0.3)
        if len(ids) > LONGEST:
            continue
        tokens.append(numpy.array(ids, dtype=numpy.uint16))
        written.append(numpy.array(marks, dtype=bool))
        starts.append(starts[-1] + len(ids))
    return Corpus(numpy.concatenate(tokens), numpy.concatenate(written), numpy.array(starts, dtype=numpy.int64))
