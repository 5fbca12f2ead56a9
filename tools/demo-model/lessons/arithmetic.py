"""Small sums, differences and products."""

from __future__ import annotations

import random
from typing import NamedTuple

from exchange import Exchange
from phrasing import Phrasings, dress

SUM = Phrasings(
    taught=[
        "What is {a} + {b}?", "What is {a} plus {b}?", "{a} + {b}", "{a} + {b} =", "{a}+{b}", "{a}+{b}=?", "{a} plus {b}?", "How much is {a} + {b}?",
        "How much is {a} plus {b}?", "What's {a} + {b}?", "What's {a} plus {b}?", "Add {a} and {b}.", "Calculate {a} + {b}.", "Compute {a} + {b}.",
        "Tell me {a} plus {b}.", "What is the sum of {a} and {b}?", "The sum of {a} and {b}?", "Please add {a} and {b}.", "Can you add {a} and {b}?",
        "What do you get when you add {a} and {b}?", "{a} and {b} together?", "Work out {a} + {b}.", "I have {a} apples and get {b} more. How many apples do I have?",
    ],
    held_out=["What does {a} + {b} equal?", "Find the sum of {a} and {b}.", "What is {b} added to {a}?", "Can you tell me how much {a} plus {b} is?", "Solve {a} + {b}."])

DIFFERENCE = Phrasings(
    taught=[
        "What is {a} - {b}?", "What is {a} minus {b}?", "{a} - {b}", "{a} - {b} =", "{a}-{b}", "{a}-{b}=?", "{a} minus {b}?", "How much is {a} - {b}?",
        "How much is {a} minus {b}?", "What's {a} - {b}?", "What's {a} minus {b}?", "Calculate {a} - {b}.", "Compute {a} - {b}.", "Tell me {a} minus {b}.",
        "Subtract {b} from {a}.", "What is the difference between {a} and {b}?", "Take {b} away from {a}.", "Work out {a} - {b}.", "Can you subtract {b} from {a}?",
        "I have {a} apples and eat {b}. How many apples are left?",
    ],
    held_out=["What does {a} - {b} equal?", "Can you tell me how much {a} minus {b} is?", "Solve {a} - {b}.", "Please work out {a} minus {b}."])

PRODUCT = Phrasings(
    taught=[
        "What is {a} * {b}?", "What is {a} times {b}?", "{a} * {b}", "{a} * {b} =", "{a}*{b}", "{a} x {b}", "What is {a} x {b}?", "{a} times {b}?",
        "How much is {a} times {b}?", "How much is {a} * {b}?", "What's {a} times {b}?", "What's {a} * {b}?", "Multiply {a} by {b}.", "Multiply {a} and {b}.",
        "Calculate {a} * {b}.", "Compute {a} * {b}.", "Tell me {a} times {b}.", "What is the product of {a} and {b}?", "What is {a} multiplied by {b}?",
        "Work out {a} x {b}.", "Can you multiply {a} by {b}?", "There are {a} boxes with {b} apples each. How many apples are there?",
    ],
    held_out=["What does {a} * {b} equal?", "Can you tell me how much {a} times {b} is?", "Solve {a} * {b}.", "Find the product of {a} and {b}."])


class _Kind(NamedTuple):
    phrasings: Phrasings
    sign: str
    key: str


_KINDS = [_Kind(SUM, "+", "sum"), _Kind(DIFFERENCE, "-", "difference"), _Kind(PRODUCT, "*", "product")]


def sample(rng: random.Random, split: str) -> Exchange:
    kind = rng.choice(_KINDS)
    if kind.sign == "*":
        a, b = rng.randint(0, 10), rng.randint(0, 10)
        value = a * b
    elif kind.sign == "+":
        a, b = rng.randint(0, 12), rng.randint(0, 12)
        value = a + b
    else:
        a = rng.randint(0, 15)
        b = rng.randint(0, a)
        value = a - b
    text = dress(rng, kind.phrasings.pick(rng, split).format(a=a, b=b))
    fact = f"{a} {kind.sign} {b} = {value}"
    return Exchange("arithmetic", text, f"{fact}.", f"I calculate {fact}.", str(value), {"a": a, "b": b, kind.key: value}, split)
