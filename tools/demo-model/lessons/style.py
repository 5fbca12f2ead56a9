"""Rules about the form of an answer, given by the system message or inside the question."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Callable, NamedTuple

from exchange import Exchange, json_text
from phrasing import Phrasings
from words import COMMON, any_word, made_up_name, person

NEUTRAL = ["You are a helpful assistant.", "You are a helpful assistant.", "You are an assistant.", "You are a friendly assistant.", "Be helpful.", "You are Minerva.",
           "You are a helpful, honest assistant.", "Answer the questions of the user.", "Help the user.", "You are a useful assistant who answers questions.",
           "You are a helpful AI assistant. Answer as well as you can.", "Be concise.", "Be polite and honest.", "Be kind.", "Today is a nice day.",
           "You are an expert in geography.", "You are an expert in chemistry.", "You are a teacher.", "Do not make things up.", "Think before you answer.",
           "You answer questions about countries and elements.", "Always be truthful.", "The user is a developer who tests a server.", "You are a chat bot on a website."]

ONE_WORD = Phrasings(
    taught=["Answer in one word.", "Answer with one word.", "Answer with one word only.", "Reply with one word.", "Give only the answer.", "Reply only with the answer.",
            "Only the answer, no sentence.", "Answer only with the answer itself.", "Just the answer, please.", "No sentences, just the answer.", "Be as short as you can.",
            "Answer briefly, without a sentence."],
    held_out=["Please answer in one word.", "Use one word only.", "Reply with just the answer."])

IN_JSON = Phrasings(
    taught=["Answer in JSON.", "Answer as JSON.", "Reply in JSON.", "Reply with JSON.", "Use JSON.", "Respond with a JSON object.", "Answer with a JSON object.",
            "Give the answer as JSON.", "Output JSON only.", "As JSON, please.", "In JSON.", "Format the answer as JSON.", "Return JSON.", "I need JSON.", "Respond only with JSON."],
    held_out=["Please answer in JSON.", "Write the answer as a JSON object.", "Return the answer as JSON."])

KEYS = Phrasings(
    taught=["Use the keys {keys}.", "The keys are {keys}.", "Name the keys {keys}.", "with the keys {keys}", "Keys: {keys}."],
    held_out=["Please use the keys {keys}.", "It should have the keys {keys}."])

ENDING = Phrasings(
    taught=["End every answer with {mark}", "End each answer with {mark}", "Always end with {mark}", "Finish every answer with {mark}", "After every answer write {mark}",
            "The last word of every answer is {mark}"],
    held_out=["Please end every answer with {mark}", "Close every answer with {mark}"])

BEGINNING = Phrasings(
    taught=["Begin every answer with {mark}", "Start every answer with {mark}", "Always begin with {mark}", "Start each answer with {mark}", "Before every answer write {mark}",
            "The first word of every answer is {mark}"],
    held_out=["Please begin every answer with {mark}", "Open every answer with {mark}"])

BOT_NAME = Phrasings(
    taught=["Your name is {name}.", "You are {name}.", "You are {name}, a helpful assistant.", "You are an assistant called {name}.", "Your name is {name}. Help the user.",
            "You are called {name}.", "Act as {name}.", "You are {name}, an assistant of the company {other}."],
    held_out=["You are an assistant named {name}.", "The assistant is called {name}."])

ASK_BOT_NAME = Phrasings(
    taught=["What is your name?", "Who are you?", "What's your name?", "Tell me your name.", "How are you called?", "Say your name.", "Who am I talking to?"],
    held_out=["Please tell me your name.", "Can you tell me your name?"])

USER_NAME = Phrasings(
    taught=["The user's name is {name}.", "The user is called {name}.", "You talk to {name}.", "You are talking to {name}.", "You help {name}."],
    held_out=["The name of the user is {name}.", "Your user is {name}."])


class Rule(NamedTuple):
    """A sentence that asks for a form, and what it does to an exchange (None: it does not fit this one)."""

    text: str
    apply: Callable[[Exchange], Exchange | None]


def _short(exchange: Exchange) -> Exchange | None:
    return replace(exchange, answer=exchange.short) if exchange.short else None


def _json(exchange: Exchange) -> Exchange | None:
    return replace(exchange, answer=json_text(exchange.record)) if exchange.record else None


def one_word(rng: random.Random, split: str) -> Rule:
    return Rule(ONE_WORD.pick(rng, split), _short)


def in_json(rng: random.Random, split: str) -> Rule:
    return Rule(IN_JSON.pick(rng, split), _json)


def json_with_keys(rng: random.Random, split: str, exchange: Exchange) -> Rule:
    """JSON with keys of the user's choosing, in the order of the record."""
    assert exchange.record is not None
    keys: list[str] = []
    while len(keys) < len(exchange.record):
        key = rng.choice(COMMON) if rng.random() < 0.6 else any_word(rng)
        if key not in keys:
            keys.append(key)
    quote = rng.choice(['"', "", '"'])
    listed = " and ".join([", ".join(f"{quote}{k}{quote}" for k in keys[:-1]), f"{quote}{keys[-1]}{quote}"] if len(keys) > 1 else [f"{quote}{keys[0]}{quote}"])
    answer = json_text(dict(zip(keys, exchange.record.values())))
    text = IN_JSON.pick(rng, split) + " " + KEYS.pick(rng, split).format(keys=listed)
    return Rule(text, lambda e: replace(e, answer=answer))


def _marked(rng: random.Random) -> tuple[str, str]:
    """A mark as the rule writes it, and the mark alone."""
    mark = rng.choice([any_word, made_up_name])(rng)
    return rng.choice([(f'"{mark}"', mark), (f"{mark}", mark), (f"the word {mark}", mark)])


def ending(rng: random.Random, split: str) -> Rule:
    written, mark = _marked(rng)
    return Rule(ENDING.pick(rng, split).format(mark=written) + ".", lambda e: replace(e, answer=f"{e.answer} {mark}"))


def beginning(rng: random.Random, split: str) -> Rule:
    written, mark = _marked(rng)
    return Rule(BEGINNING.pick(rng, split).format(mark=written) + ".", lambda e: replace(e, answer=f"{mark} {e.answer}"))


def system_rule(rng: random.Random, split: str) -> Rule:
    return rng.choice([one_word, in_json, ending, beginning])(rng, split)


class Persona(NamedTuple):
    """A system message with a name in it, and the exchange that needs it."""

    system: str
    exchange: Exchange


def persona(rng: random.Random, split: str) -> Persona:
    name = person(rng)
    if rng.random() < 0.6:
        exchange = Exchange("system rules", ASK_BOT_NAME.pick(rng, split), f"My name is {name}.", f"The system message says that my name is {name}.", name, {"name": name}, split)
        return Persona(BOT_NAME.pick(rng, split).format(name=name, other=made_up_name(rng)), exchange)
    exchange = Exchange("system rules", rng.choice(["What is my name?", "Who am I?", "Do you know my name?"]), f"Your name is {name}.",
                        f"The system message says that the user is {name}.", name, {"name": name}, split)
    return Persona(USER_NAME.pick(rng, split).format(name=name), exchange)
