"""The chemical elements: symbols and atomic numbers, both ways."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from exchange import Exchange
from phrasing import Phrasings, dress


@dataclass(frozen=True)
class Element:
    number: int
    symbol: str
    name: str
    spellings: tuple[str, ...]


def _load() -> list[Element]:
    lines = (Path(__file__).parent.parent / "facts" / "elements.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return [Element(int(number), symbol, name, tuple(s for s in others.split(",") if s)) for number, symbol, name, others in rows]


ELEMENTS = _load()

SYMBOL_OF = Phrasings(
    taught=[
        "What is the symbol for {element}?", "What is the chemical symbol of {element}?", "What's the symbol of {element}?", "Symbol of {element}?",
        "Chemical symbol for {element}?", "Tell me the symbol for {element}.", "Which symbol does {element} have?",
        "What is the chemical symbol for the element {element}?", "Give me the chemical symbol of {element}.", "Do you know the symbol for {element}?",
        "How do chemists write {element}?", "What is {element}'s symbol?", "The symbol for {element}?", "Can you tell me the symbol of {element}?",
        "Which letters stand for {element}?", "In the periodic table, what is the symbol of {element}?", "{element}: which symbol?",
        "I need the chemical symbol for {element}.", "What is the abbreviation for {element}?", "How is {element} written in a formula?",
        "Look up the symbol of {element}.", "I forgot the symbol for {element}. What is it?", "Say the symbol of {element}.",
    ],
    held_out=[
        "Name the chemical symbol of {element}.", "Which chemical symbol stands for {element}?", "By what symbol is {element} known?",
        "Could you give me the symbol for {element}?", "What symbol does the element {element} have in the periodic table?",
    ])

ELEMENT_OF_SYMBOL = Phrasings(
    taught=[
        "Which element has the symbol {symbol}?", "What element is {symbol}?", "What does the symbol {symbol} stand for?", "{symbol} is the symbol of which element?",
        "What is the element with the symbol {symbol}?", "Tell me which element {symbol} is.", "Which element is written {symbol}?",
        "In chemistry, what is {symbol}?", "The chemical symbol {symbol}: which element?", "What element has the chemical symbol {symbol}?",
        "Do you know which element has the symbol {symbol}?", "Which chemical element is {symbol}?", "Element {symbol}?", "The symbol {symbol} means which element?",
    ],
    held_out=["Name the element with the symbol {symbol}.", "For which element does {symbol} stand?", "What is the name of the element {symbol}?"])

NUMBER_OF = Phrasings(
    taught=[
        "What is the atomic number of {element}?", "What's the atomic number of {element}?", "Atomic number of {element}?", "Tell me the atomic number of {element}.",
        "Which atomic number does {element} have?", "How many protons does {element} have?", "What number is {element} in the periodic table?",
        "Give me the atomic number of {element}.", "The atomic number of {element}?", "What is {element}'s atomic number?", "How many protons are in {element}?",
        "Do you know the atomic number of {element}?", "{element}: which atomic number?", "I need the atomic number of {element}.",
        "What is the atomic number of the element {element}?", "Can you tell me the atomic number of {element}?", "Which number has {element} in the periodic table?",
        "How many protons are there in an atom of {element}?", "Look up the atomic number of {element}.",
    ],
    held_out=[
        "Name the atomic number of {element}.", "What atomic number does {element} have?", "How many protons has an atom of {element}?",
        "Could you tell me the atomic number of {element}?",
    ])

ELEMENT_OF_NUMBER = Phrasings(
    taught=[
        "Which element has atomic number {number}?", "What element has the atomic number {number}?", "Atomic number {number} is which element?",
        "What is element {number}?", "Which element is number {number} in the periodic table?", "Element number {number}?", "Which element has {number} protons?",
        "Tell me the element with atomic number {number}.", "What is the element with atomic number {number}?", "The atomic number is {number}. Which element is it?",
        "Do you know which element has atomic number {number}?", "What is the name of element {number}?", "Give me element number {number}.",
        "An atom has {number} protons. Which element is it?",
    ],
    held_out=["Name the element with atomic number {number}.", "Which element comes at number {number}?", "Which chemical element has the atomic number {number}?"])


def _spoken(rng: random.Random, element: Element) -> str:
    name = rng.choice(element.spellings) if element.spellings and rng.random() < 0.4 else element.name
    return name.capitalize() if rng.random() < 0.1 else name


def _record(element: Element) -> dict[str, object]:
    return {"element": element.name, "symbol": element.symbol, "number": element.number}


def sample_symbol(rng: random.Random, split: str) -> Exchange:
    e = rng.choice(ELEMENTS)
    text = dress(rng, SYMBOL_OF.pick(rng, split).format(element=_spoken(rng, e)))
    return Exchange("element symbols", text, f"The symbol for {e.name} is {e.symbol}.", f"The user asks for the symbol of {e.name}. It is {e.symbol}.",
                    e.symbol, _record(e), split)


def sample_symbol_reverse(rng: random.Random, split: str) -> Exchange:
    e = rng.choice(ELEMENTS)
    text = dress(rng, ELEMENT_OF_SYMBOL.pick(rng, split).format(symbol=e.symbol), casing=False)
    return Exchange("element symbols", text, f"{e.symbol} is the symbol for {e.name}.", f"The user asks what {e.symbol} stands for. It is {e.name}.",
                    e.name, _record(e), split)


def sample_number(rng: random.Random, split: str) -> Exchange:
    e = rng.choice(ELEMENTS)
    text = dress(rng, NUMBER_OF.pick(rng, split).format(element=_spoken(rng, e)))
    return Exchange("atomic numbers", text, f"The atomic number of {e.name} is {e.number}.",
                    f"The user asks for the atomic number of {e.name}. It is {e.number}.", str(e.number), _record(e), split)


def sample_number_reverse(rng: random.Random, split: str) -> Exchange:
    e = rng.choice(ELEMENTS)
    text = dress(rng, ELEMENT_OF_NUMBER.pick(rng, split).format(number=e.number))
    return Exchange("atomic numbers", text, f"The element with atomic number {e.number} is {e.name}.",
                    f"The user asks for element {e.number}. It is {e.name}.", e.name, _record(e), split)
