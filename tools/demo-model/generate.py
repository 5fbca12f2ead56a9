"""Writes the training corpus and the vocabulary made from it."""

from __future__ import annotations

import argparse
from pathlib import Path

import corpus
import template
import vocabulary
from lessons.capitals import COUNTRIES
from lessons.elements import ELEMENTS
from words import COMMON, FIRST_NAMES

_VOCABULARY_SAMPLE = 10_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--conversations", type=int, default=150_000)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    path = arguments.folder / "tokenizer.json"
    if not path.exists():
        names = [n for c in COUNTRIES for n in (c.name, c.capital)] + [n for e in ELEMENTS for n in (e.name, e.symbol)] + COMMON + FIRST_NAMES
        sample = corpus.conversations(_VOCABULARY_SAMPLE)
        vocabulary.build(("".join(text for text, _ in template.pieces(c)) for c in sample), names).save(str(path))
    tokenizer = vocabulary.load(path)
    made = corpus.build(tokenizer, corpus.conversations(arguments.conversations))
    made.save(arguments.folder / "corpus.npz")
    print(f"{len(made)} conversations, {len(made.tokens)} tokens, {int(made.written.sum())} of them written by the model, "
          f"vocabulary {tokenizer.get_vocab_size()}")


if __name__ == "__main__":
    main()
