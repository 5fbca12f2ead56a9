"""Saying back exactly what the user gives."""

from __future__ import annotations

import random

from exchange import Exchange
from phrasing import Phrasings, dress
from words import any_word, code, made_up_name, made_up_word, person, phrase

REPEAT = Phrasings(
    taught=[
        "Repeat after me: {text}", "Repeat: {text}", "Say: {text}", "Please repeat: {text}", "Please say: {text}", "Echo: {text}", "Repeat this: {text}",
        "Say exactly this: {text}", "Repeat the following: {text}", "Write: {text}", "Answer with exactly this: {text}", "Say this back to me: {text}",
        "Repeat these words: {text}", "Can you repeat this? {text}", "Reply with: {text}", "Repeat exactly: {text}", "Copy this: {text}",
        'Say "{text}"', 'Repeat "{text}"', 'Please say "{text}"', 'Reply with "{text}"', 'Can you say "{text}"?', "Answer only with: {text}",
    ],
    held_out=["Please repeat after me: {text}", "Say the following: {text}", 'Give me back "{text}"', "Can you say this? {text}", "Please echo: {text}"])


def _text(rng: random.Random) -> str:
    roll = rng.random()
    if roll < 0.1:
        return code(rng)
    if roll < 0.2:
        return " ".join(str(rng.randint(0, 999)) for _ in range(rng.randint(1, 5)))
    if roll < 0.35:
        return " ".join(made_up_name(rng) for _ in range(rng.randint(1, 3)))
    text = phrase(rng, 1, 5)
    if roll < 0.5:
        text = text.capitalize() + rng.choice([".", "!", "?"])
    return text


def _long_text(rng: random.Random) -> str:
    """A longer row of anything: what teaches to copy best."""
    makers = rng.sample([any_word, made_up_word, made_up_name, code, lambda r: str(r.randint(0, 999)), person], rng.choice([1, 1, 2, 3]))
    joint = rng.choice([" ", " ", " ", ", "])
    return joint.join(rng.choice(makers)(rng) for _ in range(rng.randint(4, 14)))


def sample(rng: random.Random, split: str) -> Exchange:
    return _exchange(rng, split, _text(rng))


def drill(rng: random.Random, split: str) -> Exchange:
    return _exchange(rng, split, _long_text(rng))


def _exchange(rng: random.Random, split: str, text: str) -> Exchange:
    template = REPEAT.pick(rng, split)
    user = dress(rng, template.split("{text}")[0] + "|", casing=False)[:-1] + text + template.split("{text}")[1]
    return Exchange("repeat", user, text, "The user wants me to repeat the words.", text, {"text": text}, split)
