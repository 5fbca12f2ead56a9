"""Ways to say a question: some taught, some held out for the exam, and the dress both may wear."""

from __future__ import annotations

import random
import re
from typing import ClassVar

TAUGHT = "taught"
HELD_OUT = "heldout"

_OPENINGS = ("Please tell me: ", "Quick question: ", "Hey, ", "Hi! ", "Hello. ", "Question: ", "I have a question. ", "OK. ", "Next: ", "So, ",
             "Please answer: ", "Hello! ")
_CLOSINGS = (" Thanks.", " Thank you.", " Please.", " Thanks!", " I would like to know.", " Thank you!")


class Phrasings:
    """The templates of one kind of question. A held-out template is never used to make training text."""

    every: ClassVar[list["Phrasings"]] = []

    def __init__(self, taught: list[str], held_out: list[str]) -> None:
        both = {plain(t) for t in taught} & {plain(t) for t in held_out}
        assert not both, f"phrasings both taught and held out: {both}"
        self.taught = taught
        self.held_out = held_out
        Phrasings.every.append(self)

    def pick(self, rng: random.Random, split: str) -> str:
        return rng.choice(self.held_out if split == HELD_OUT else self.taught)

    def held_out_patterns(self) -> list[str]:
        """Regular expressions over `plain` text that match whatever a held-out template can produce."""
        return [re.sub(r"\\?\{[a-z_]+\\?\}|SLOT", "(?:.+)", re.escape(plain(re.sub(r"\{[a-z_]+\}", " SLOT ", t))).replace("slot", "(?:.+)"))
                for t in self.held_out]


def plain(text: str) -> str:
    """Lower case words only: what is left of a message when casing and punctuation do not count."""
    return " ".join(re.sub(r"[^\w{}]+", " ", text.lower()).split())


def dress(rng: random.Random, text: str, casing: bool = True) -> str:
    """Vary politeness, casing and punctuation. `casing` is off where words are to be copied letter by letter."""
    end = text[-1]
    if rng.random() < 0.15 and end in ".?!":
        text = text[:-1].rstrip() + rng.choice(["", "", "", "!", "??", " ?" if end == "?" else "."])
    if rng.random() < 0.15:
        text = text[0].lower() + text[1:]
    if rng.random() < 0.12:
        text = rng.choice(_OPENINGS) + text
    if rng.random() < 0.08 and text[-1] in ".?!":
        text = text + rng.choice(_CLOSINGS)
    if casing and rng.random() < 0.1:
        text = text.lower()
    return text
