"""Counting up and down: long answers whose every number can be checked."""

from __future__ import annotations

import math
import random

from exchange import Exchange
from phrasing import Phrasings, dress

LARGEST = 999
LONGEST = 300

UP = Phrasings(
    taught=[
        "Count from {a} to {b}", "Count from {a} to {b}.", "Count from {a} to {b}.", "Please count from {a} to {b}.", "Count up from {a} to {b}.",
        "Can you count from {a} to {b}?", "List the numbers from {a} to {b}.", "Write the numbers from {a} to {b}.", "Count {a} to {b}.",
        "Give me all numbers from {a} to {b}.", "Start at {a} and count to {b}.", "Count from {a} up to {b}.", "Say the numbers from {a} to {b}.",
        "I want you to count from {a} to {b}.", "Numbers from {a} to {b}, please.", "Could you count from {a} up to {b}?", "Count: {a} to {b}.",
        "Print the numbers {a} to {b}.",
    ],
    held_out=["Would you count from {a} to {b}?", "Show me the numbers from {a} to {b}.", "Begin at {a} and count up to {b}.",
              "Write out all the numbers from {a} to {b}."])

FROM_ONE = Phrasings(
    taught=["Count to {b}.", "Please count to {b}.", "Can you count to {b}?", "Count up to {b}.", "Count for me to {b}."],
    held_out=["Would you count to {b}?", "I want you to count to {b}."])

DOWN = Phrasings(
    taught=[
        "Count down from {a} to {b}.", "Count down from {a} to {b}", "Please count down from {a} to {b}.", "Count backwards from {a} to {b}.",
        "Can you count down from {a} to {b}?", "List the numbers down from {a} to {b}.", "Count from {a} down to {b}.", "Start at {a} and count down to {b}.",
        "Could you count backwards from {a} to {b}?", "I want you to count down from {a} to {b}.", "Count from {a} to {b} backwards.", "Count from {a} to {b}.",
    ],
    held_out=["Would you count down from {a} to {b}?", "Begin at {a} and count down to {b}.", "Count in reverse from {a} to {b}."])


def _length(rng: random.Random) -> int:
    """Mostly short counts, because where to stop is learnt once a count; within a range evenly spread over the logarithm."""
    low, high = rng.choices([(2, 12), (12, 40), (40, LONGEST)], [0.4, 0.2, 0.4])[0]
    return round(math.exp(rng.uniform(math.log(low), math.log(high))))


def sample(rng: random.Random, split: str) -> Exchange:
    n = _length(rng)
    start = rng.randint(0, LARGEST - n + 1) if rng.random() < 0.75 else rng.randint(0, min(100, LARGEST - n + 1))
    numbers = list(range(start, start + n))
    kind = rng.random()
    if kind < 0.1:
        numbers = list(range(1, n + 1))
        text = FROM_ONE.pick(rng, split).format(b=n)
    elif kind < 0.3:
        numbers.reverse()
        text = DOWN.pick(rng, split).format(a=numbers[0], b=numbers[-1])
    else:
        text = UP.pick(rng, split).format(a=numbers[0], b=numbers[-1])
    answer = ", ".join(map(str, numbers))
    return Exchange("counting", dress(rng, text), answer, f"I count from {numbers[0]} to {numbers[-1]}.", None, None, split)
