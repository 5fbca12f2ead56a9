"""Things the user tells in one turn and asks for in a later one."""

from __future__ import annotations

import random
from typing import NamedTuple

from exchange import Exchange
from phrasing import Phrasings, dress
from words import any_word, code, made_up_name, person

TELL_NAME = Phrasings(
    taught=["My name is {name}.", "My name is {name}", "I am {name}.", "I'm {name}.", "Hello, my name is {name}.", "Hi, I am {name}.", "Hi, I'm {name}!", "Call me {name}.",
            "Please call me {name}.", "You can call me {name}.", "Hello! I am {name}.", "Hello, I'm {name}.", "People call me {name}.", "I am called {name}.", "Hey, {name} here.",
            "Good morning, my name is {name}.", "My name's {name}.", "Hi, my name is {name}."],
    held_out=["Hey, my name is {name}.", "Hello there, I am {name}.", "Everybody calls me {name}.", "Hi there, my name is {name}."])

ASK_NAME = Phrasings(
    taught=["What is my name?", "What's my name?", "Who am I?", "Do you know my name?", "Tell me my name.", "Say my name.", "Do you remember my name?", "What am I called?",
            "Can you tell me my name?", "How am I called?", "My name is what?", "Which name did I give you?", "what is my name"],
    held_out=["Please tell me my name.", "What was my name?", "Can you remember my name?"])

TELL_THING = Phrasings(
    taught=["My {thing} is {value}.", "Remember: my {thing} is {value}.", "Please remember that my {thing} is {value}.", "Note that my {thing} is {value}.",
            "Keep in mind: my {thing} is {value}.", "For later: my {thing} is {value}.", "You should know that my {thing} is {value}."],
    held_out=["Remember that my {thing} is {value}.", "Please note: my {thing} is {value}."])

ASK_THING = Phrasings(
    taught=["What is my {thing}?", "What's my {thing}?", "Tell me my {thing}.", "Do you remember my {thing}?", "Do you know my {thing}?", "Which {thing} did I tell you?",
            "Say my {thing}.", "Can you tell me my {thing}?"],
    held_out=["What was my {thing}?", "Please tell me my {thing}."])

THINGS = ["favourite colour", "code word", "dog", "cat", "city", "password", "number", "favourite food", "order number", "street", "car", "team", "secret word", "project",
          "hobby", "room", "ticket", "favourite animal", "job", "birthday present", "company", "boat", "bike", "horse"]


class Memory(NamedTuple):
    """What is told, the answers that ask for it, and the answer when nothing was told."""

    tell: Exchange
    ask: Exchange


def name_memory(rng: random.Random, split: str) -> Memory:
    name = person(rng)
    tell = Exchange("names", dress(rng, TELL_NAME.pick(rng, split).format(name=name), casing=False), f"Hello, {name}! How can I help?",
                    f"The user's name is {name}. I greet {name}.", name, {"name": name}, split)
    ask = Exchange("memory", dress(rng, ASK_NAME.pick(rng, split)), f"Your name is {name}.", f"The user's name is {name}.", name, {"name": name}, split)
    return Memory(tell, ask)


def thing_memory(rng: random.Random, split: str) -> Memory:
    thing = rng.choice(THINGS) if rng.random() < 0.8 else any_word(rng)
    value = rng.choice([any_word, made_up_name, code, lambda r: str(r.randint(0, 999))])(rng)
    tell = Exchange("memory", dress(rng, TELL_THING.pick(rng, split).format(thing=thing, value=value), casing=False), f"I will remember: your {thing} is {value}.",
                    f"The user tells me a {thing}: {value}.", None, None, split)
    ask = Exchange("memory", dress(rng, ASK_THING.pick(rng, split).format(thing=thing), casing=False), f"Your {thing} is {value}.",
                   f"The user told me the {thing}: {value}.", value, {thing: value}, split)
    return Memory(tell, ask)


def sample_memory(rng: random.Random, split: str) -> Memory:
    return name_memory(rng, split) if rng.random() < 0.5 else thing_memory(rng, split)


def sample_told(rng: random.Random, split: str) -> Exchange:
    return name_memory(rng, split).tell


def sample_not_told(rng: random.Random, split: str) -> Exchange:
    """The question comes without the telling."""
    if rng.random() < 0.5:
        return Exchange("memory", dress(rng, ASK_NAME.pick(rng, split)), "You have not told me your name.", "The user did not tell me a name.", "Unknown", {"name": None}, split)
    thing = rng.choice(THINGS)
    return Exchange("memory", dress(rng, ASK_THING.pick(rng, split).format(thing=thing), casing=False), f"You have not told me your {thing}.",
                    f"The user did not tell me a {thing}.", "Unknown", {thing: None}, split)
