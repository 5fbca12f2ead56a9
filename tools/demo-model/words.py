"""Words that no corpus has, and the few common ones the lessons mix them with."""

from __future__ import annotations

import random

_ONSETS = ["b", "br", "c", "ch", "d", "dr", "f", "fl", "g", "gl", "h", "j", "k", "kr", "l", "m", "n", "p", "pl", "qu", "r", "s", "sh", "sk",
           "st", "t", "th", "tr", "v", "w", "x", "y", "z", "zh"]
_VOWELS = ["a", "e", "i", "o", "u", "a", "e", "i", "o", "u", "ai", "ee", "oo", "ia"]
_CODAS = ["", "", "", "b", "ck", "d", "g", "k", "l", "m", "n", "nd", "p", "r", "rk", "s", "sh", "t", "th", "x", "z", "v"]

FIRST_NAMES = """Anna Ben Carla David Emma Felix Grace Hugo Ines Jonas Karin Leo Maria Nils Olga Paul Rita Sam Tina Uwe Vera Willem Yara Zoe Alice Bob
Charlie Dana Eva Frank Gina Hannah Ivan Julia Kofi Lena Marco Nora Oscar Priya Quentin Rosa Stefan Tara Ursula Victor Wanda Xavier Yuki
Ahmed Aisha Chen Diego Fatima Haruto Ingrid Jack Kenji Layla Mohammed Nadia Omar Petra Ravi Sofia Tomas Wei Zainab John Mary Peter Susan
Michael Linda James Robert Sarah Daniel Laura Kevin Nina Martin Clara Simon Lucy Tom Kate Max Sven Erik Greta Pedro""".split()

COMMON = """apple river stone green window paper music garden silver table orange cloud winter summer yellow bread coffee train letter mountain
candle dragon engine forest guitar hammer island jacket kitchen ladder market needle ocean pencil quiet rabbit shadow tiger umbrella
violet water yard zebra blue red black white house door book tree bird fish moon sun star road bridge lamp clock chair""".split()


def made_up_word(rng: random.Random) -> str:
    if rng.random() < 0.06:
        return "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(3, 8)))
    return "".join(rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS) for _ in range(rng.choice([1, 2, 2, 2, 3])))


def made_up_name(rng: random.Random) -> str:
    return made_up_word(rng).capitalize()


def person(rng: random.Random) -> str:
    return rng.choice(FIRST_NAMES) if rng.random() < 0.3 else made_up_name(rng)


def any_word(rng: random.Random) -> str:
    return rng.choice(COMMON) if rng.random() < 0.4 else made_up_word(rng)


def code(rng: random.Random) -> str:
    """An identifier such as K7-204."""
    letters = "".join(rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(rng.randint(1, 3)))
    return letters + rng.choice(["-", "", "-", "_"]) + str(rng.randint(0, 9999))


def phrase(rng: random.Random, low: int, high: int) -> str:
    return " ".join(any_word(rng) for _ in range(rng.randint(low, high)))
