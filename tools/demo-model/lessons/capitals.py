"""Countries and their capitals, both ways."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from exchange import Exchange
from phrasing import Phrasings, dress
from words import made_up_name


@dataclass(frozen=True)
class Country:
    name: str  # with its article where English wants one: "the Netherlands"
    capital: str
    aliases: tuple[str, ...]


def _load() -> list[Country]:
    lines = (Path(__file__).parent.parent / "facts" / "countries.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return [Country(name, capital, tuple(a for a in aliases.split(",") if a)) for name, capital, aliases in rows]


COUNTRIES = _load()
_KNOWN = {c.name.lower() for c in COUNTRIES} | {c.capital.lower() for c in COUNTRIES}

CAPITAL_OF = Phrasings(
    taught=[
        "What is the capital of {country}?", "What is the capital of {country}?", "What's the capital of {country}?", "Capital of {country}?",
        "The capital of {country}?", "Tell me the capital of {country}.", "Which city is the capital of {country}?",
        "What is the capital city of {country}?", "Can you tell me the capital of {country}?", "Do you know the capital of {country}?",
        "Give me the capital of {country}.", "I need the capital of {country}.", "What city is the capital of {country}?",
        "Please give me the capital of {country}.", "Could you tell me what the capital of {country} is?", "{country}: what is its capital?",
        "What is {country}'s capital?", "{country}'s capital?", "What is the name of the capital of {country}?",
        "Do you happen to know the capital of {country}?", "I forgot the capital of {country}. What is it?", "Which city is {country}'s capital?",
        "What would be the capital of {country}?", "For a quiz: what is the capital of {country}?", "Let me know the capital of {country}.",
        "My teacher asks for the capital of {country}. What is it?", "Where is the government of {country}? I mean the capital.",
        "Say the capital of {country}.", "Find the capital of {country}.", "capital {country}", "{country} capital", "{country}, capital?",
        "Which capital does {country} have?", "What do you call the capital of {country}?", "I want to know the capital of {country}.",
        "Would you tell me the capital of {country}?", "What is the capital of the country {country}?", "What capital city does {country} have?",
        "Which city serves as the capital of {country}?", "Is there a capital of {country}? Which one?", "Look up the capital of {country}.",
    ],
    held_out=[
        "Name the capital of {country}.", "Which is the capital of {country}?", "I would like to hear the capital of {country}.",
        "Remind me, what is the capital of {country}?", "If I travel to {country}, what is the capital called?",
        "What is the capital of {country} called?", "Does {country} have a capital, and what is it?", "Can you name the capital city of {country}?",
    ])

COUNTRY_OF = Phrasings(
    taught=[
        "{capital} is the capital of which country?", "Which country has the capital {capital}?", "{capital} is the capital of what country?",
        "What country is {capital} the capital of?", "Which country's capital is {capital}?", "Tell me which country has {capital} as its capital.",
        "Of which country is {capital} the capital?", "{capital} is the capital of...?", "What country has {capital} as its capital?",
        "The capital is {capital}. Which country is it?", "If the capital is {capital}, what is the country?",
        "Do you know which country {capital} is the capital of?", "Whose capital is {capital}?", "Which country is governed from {capital}?",
        "Give me the country with the capital {capital}.", "I am in the capital {capital}. Which country is this?",
        "{capital} is a capital. Of which country?", "What is the country whose capital is {capital}?", "Which land has {capital} for a capital?",
    ],
    held_out=[
        "Name the country whose capital is {capital}.", "For which country is {capital} the capital?", "Can you say which country has {capital} as capital?",
        "To which country does the capital {capital} belong?",
    ])

_FOLLOW_UP = Phrasings(
    taught=["And {country}?", "And of {country}?", "What about {country}?", "And the capital of {country}?", "Now {country}.", "And for {country}?",
            "{country}?", "Same for {country}."],
    held_out=["How about {country}?", "And what about {country}?"])


def _spoken(rng: random.Random, country: Country) -> str:
    if country.aliases and rng.random() < 0.4:
        return rng.choice(country.aliases)
    if country.name.startswith("the ") and rng.random() < 0.2:
        return country.name[4:]
    return country.name


def _capital_exchange(country: Country, text: str, split: str) -> Exchange:
    return Exchange("capitals", text, f"The capital of {country.name} is {country.capital}.",
                    f"The user asks for the capital of {country.name}. It is {country.capital}.", country.capital,
                    {"country": bare(country.name), "capital": country.capital}, split)


def bare(name: str) -> str:
    return name.removeprefix("the ")


def _filled(template: str, **slots: str) -> str:
    text = template.format(**slots)
    return text[0].upper() + text[1:] if template.startswith("{") and template[-1] in ".?" else text


def sample(rng: random.Random, split: str) -> Exchange:
    country = rng.choice(COUNTRIES)
    text = dress(rng, _filled(CAPITAL_OF.pick(rng, split), country=_spoken(rng, country)))
    return _capital_exchange(country, text, split)


def follow_up(rng: random.Random, split: str) -> Exchange:
    """Understood only after a question for a capital."""
    country = rng.choice(COUNTRIES)
    return _capital_exchange(country, _filled(_FOLLOW_UP.pick(rng, split), country=_spoken(rng, country)), split)


def sample_reverse(rng: random.Random, split: str) -> Exchange:
    country = rng.choice(COUNTRIES)
    text = dress(rng, COUNTRY_OF.pick(rng, split).format(capital=country.capital))
    return Exchange("countries", text, f"{country.capital} is the capital of {country.name}.",
                    f"The user asks which country has the capital {country.capital}. It is {country.name}.", bare(country.name),
                    {"capital": country.capital, "country": bare(country.name)}, split)


def sample_made_up(rng: random.Random, split: str) -> Exchange:
    """A country that does not exist: the honest answer."""
    name = made_up_name(rng)
    while name.lower() in _KNOWN or len(name) < 4:
        name = made_up_name(rng)
    text = dress(rng, CAPITAL_OF.pick(rng, split).format(country=name), casing=False)
    return Exchange("made-up countries", text, f"I do not know a country called {name}.",
                    f"The user asks for the capital of {name}. I do not know a country called {name}.", "Unknown",
                    {"country": name, "capital": None}, split)
