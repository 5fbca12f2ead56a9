"""The tools that the lessons offer: what each is called, what it takes and how a user asks for it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, Callable

from exchange import JsonObject
from lessons.capitals import COUNTRIES
from phrasing import Phrasings
from words import COMMON, any_word, code, made_up_name, made_up_word, person, phrase

Value = str | int
Source = Callable[[random.Random], Value]


@dataclass(frozen=True)
class Parameter:
    slot: str  # its place in the user's sentence
    names: tuple[str, ...]  # what a schema may call it
    description: str
    source: Source


@dataclass(frozen=True)
class ToolKind:
    names: tuple[str, ...]
    descriptions: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    phrasings: Phrasings


@dataclass(frozen=True)
class Tool:
    """One tool as a request offers it, a user's sentence that fits it, and the call that is right."""

    schema: JsonObject
    user: str
    name: str
    arguments: dict[str, Value]


def _place(rng: random.Random) -> str:
    return rng.choice([lambda: rng.choice(COUNTRIES).capital, lambda: made_up_name(rng)])()


def _number(low: int, high: int) -> Source:
    return lambda rng: rng.randint(low, high)


def _words(low: int, high: int) -> Source:
    return lambda rng: phrase(rng, low, high)


def _one_of(*values: str) -> Source:
    return lambda rng: rng.choice(values)


_CITY = Parameter("place", ("city", "location", "place", "town"), "The city", _place)
_DAY = Parameter("day", ("day", "date", "when"), "The day", _one_of("today", "tomorrow", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"))
_PERSON = Parameter("who", ("to", "person", "recipient", "name", "contact"), "The person", person)
_ROOM = Parameter("room", ("room", "place", "area"), "The room", lambda rng: rng.choice(["kitchen", "bedroom", "bathroom", "office", "garden", "hall", made_up_word(rng)]))
_A = Parameter("a", ("a", "x", "first", "left"), "The first number", _number(0, 999))
_B = Parameter("b", ("b", "y", "second", "right"), "The second number", _number(0, 999))

KINDS = [
    ToolKind(("get_weather", "weather", "current_weather", "fetch_weather", "get_forecast", "weather_lookup", "get_current_weather"),
             ("Get the weather in a city", "Current weather of a place", "Returns the weather", "Get the current weather in a given location"), (_CITY,),
             Phrasings(["What is the weather in {place}?", "What's the weather in {place}?", "How is the weather in {place}?", "Weather in {place}?", "Tell me the weather in {place}.",
                        "Is it raining in {place}?", "What is the weather like in {place}?", "How warm is it in {place}?", "Do I need an umbrella in {place}?", "Get the weather in {place}."],
                       ["What's the weather like in {place}?", "Can you check the weather in {place}?", "Is it cold in {place}?"])),
    ToolKind(("get_weather_on", "forecast", "weather_forecast"), ("Get the weather in a city on a day", "Forecast for a place and a day"), (_CITY, _DAY),
             Phrasings(["What is the weather in {place} on {day}?", "How will the weather be in {place} {day}?", "Forecast for {place} on {day}?", "Weather in {place}, {day}?"],
                       ["Tell me the weather in {place} on {day}."])),
    ToolKind(("get_time", "current_time", "time_in", "clock", "world_clock"), ("Get the current time in a city", "The time at a place", "Returns the local time"), (_CITY,),
             Phrasings(["What time is it in {place}?", "What's the time in {place}?", "Tell me the time in {place}.", "Current time in {place}?", "How late is it in {place}?"],
                       ["Which time is it in {place}?", "Can you tell me the time in {place}?"])),
    ToolKind(("add", "sum", "add_numbers", "plus"), ("Add two numbers", "The sum of two numbers"), (_A, _B),
             Phrasings(["What is {a} plus {b}?", "What is {a} + {b}?", "Add {a} and {b}.", "How much is {a} plus {b}?", "Calculate {a} + {b}."], ["Find the sum of {a} and {b}."])),
    ToolKind(("multiply", "times", "product"), ("Multiply two numbers", "The product of two numbers"), (_A, _B),
             Phrasings(["What is {a} times {b}?", "Multiply {a} by {b}.", "How much is {a} * {b}?", "Calculate {a} times {b}."], ["Find the product of {a} and {b}."])),
    ToolKind(("search", "web_search", "search_web", "find", "lookup", "google"), ("Search the web", "Find pages about a subject", "Search for something"),
             (Parameter("text", ("query", "q", "text", "keywords"), "What to search for", _words(1, 4)),),
             Phrasings(["Search for {text}.", "Search the web for {text}.", "Find pages about {text}.", "Look up {text}.", "Please search for {text}.", "Find {text}."],
                       ["Can you search for {text}?", "Search {text}."])),
    ToolKind(("send_message", "message", "send_text", "notify", "send_email"), ("Send a message to a person", "Write to somebody"),
             (_PERSON, Parameter("text", ("text", "message", "body", "content"), "The text of the message", _words(1, 5))),
             Phrasings(["Send a message to {who}: {text}", "Tell {who}: {text}", "Write to {who}: {text}", "Message {who}: {text}", "Send {who} the message: {text}"],
                       ["Please send {who} this message: {text}"])),
    ToolKind(("set_timer", "timer", "start_timer"), ("Set a timer", "Start a timer for some minutes"), (Parameter("n", ("minutes", "duration", "time"), "Minutes", _number(1, 180)),),
             Phrasings(["Set a timer for {n} minutes.", "Wake me in {n} minutes.", "Start a timer of {n} minutes.", "Timer for {n} minutes, please.", "{n} minutes, please."],
                       ["Can you set a timer for {n} minutes?"])),
    ToolKind(("translate", "translate_text", "translator"), ("Translate text into a language",),
             (Parameter("text", ("text", "phrase", "input"), "The text", _words(1, 4)),
              Parameter("lang", ("language", "target", "to"), "The language", _one_of("French", "German", "Spanish", "Italian", "Greek", "Polish", "Dutch"))),
             Phrasings(["Translate {text} into {lang}.", "Translate {text} to {lang}.", "How do you say {text} in {lang}?", "What is {text} in {lang}?"],
                       ["Please translate {text} into {lang}."])),
    ToolKind(("turn_on_light", "light_on", "switch_light_on"), ("Turn on the light in a room",), (_ROOM,),
             Phrasings(["Turn on the light in the {room}.", "Switch on the light in the {room}.", "Light on in the {room}.", "Make light in the {room}."],
                       ["Please turn the light on in the {room}."])),
    ToolKind(("set_temperature", "heat", "thermostat"), ("Set the temperature of a room",), (_ROOM, Parameter("n", ("degrees", "temperature", "value"), "Degrees", _number(10, 30))),
             Phrasings(["Set the {room} to {n} degrees.", "Set the temperature in the {room} to {n}.", "Heat the {room} to {n} degrees.", "Make it {n} degrees in the {room}."],
                       ["Please set the {room} to {n} degrees."])),
    ToolKind(("get_stock_price", "stock_price", "quote"), ("Get the price of a stock",), (Parameter("name", ("symbol", "stock", "company", "ticker"), "The stock", made_up_name),),
             Phrasings(["What is the stock price of {name}?", "How is the stock of {name}?", "Price of {name} stock?", "Get the stock price of {name}."],
                       ["Tell me the stock price of {name}."])),
    ToolKind(("play_song", "play", "play_music", "music"), ("Play a song", "Play music"), (Parameter("text", ("title", "song", "name"), "The title", _words(1, 3)),),
             Phrasings(["Play {text}.", "Play the song {text}.", "I want to hear {text}.", "Put on {text}.", "Play {text} for me."], ["Please play {text}."])),
    ToolKind(("get_user", "lookup_user", "find_user", "get_order", "get_record"), ("Look up a record by its id", "Get an entry by id"), (Parameter("code", ("id", "user_id", "key", "number"), "The id", code),),
             Phrasings(["Look up the record {code}.", "Get the record {code}.", "Show me the record {code}.", "What is in record {code}?", "Find record {code}."], ["Please show record {code}."])),
    ToolKind(("convert_currency", "convert", "exchange"), ("Convert an amount of money",),
             (Parameter("n", ("amount", "value", "money"), "The amount", _number(1, 999)), Parameter("from", ("from", "source"), "From", _one_of("EUR", "USD", "GBP", "JPY", "CHF")),
              Parameter("to", ("to", "target"), "To", _one_of("SEK", "NOK", "PLN", "INR", "CNY"))),
             Phrasings(["Convert {n} {from} to {to}.", "How much is {n} {from} in {to}?", "Change {n} {from} into {to}."], ["What is {n} {from} in {to}?"])),
    ToolKind(("roll_dice", "dice", "roll"), ("Roll a dice",), (Parameter("n", ("sides", "faces"), "Number of sides", _number(2, 100)),),
             Phrasings(["Roll a dice with {n} sides.", "Throw a dice with {n} sides.", "Roll a {n} sided dice."], ["Please roll a dice with {n} sides."])),
    ToolKind(("book_table", "reserve_table", "reservation"), ("Book a table at a restaurant",),
             (Parameter("name", ("restaurant", "name", "place"), "The restaurant", made_up_name), Parameter("n", ("guests", "people", "seats"), "How many people", _number(1, 20))),
             Phrasings(["Book a table at {name} for {n} people.", "Reserve a table for {n} at {name}.", "I want to eat at {name} with {n} people."], ["Please book {name} for {n} people."])),
    ToolKind(("read_file", "open_file", "cat", "show_file"), ("Read a file",), (Parameter("file", ("path", "file", "filename"), "The file", lambda rng: made_up_word(rng) + rng.choice([".txt", ".md", ".py", ".json"])),),
             Phrasings(["Read the file {file}.", "Open {file}.", "Show me {file}.", "What is in {file}?", "Print the file {file}."], ["Please read {file}."])),
]

_VERBS = ["paint", "wash", "open", "close", "start", "stop", "delete", "create", "move", "count", "check", "clean", "order", "buy", "sell", "load", "lock", "fill", "test", "repair"]


def _invented(rng: random.Random) -> ToolKind:
    """A tool nobody has seen: a verb and a thing, so that the schema has to be read."""
    verb = rng.choice(_VERBS) if rng.random() < 0.7 else made_up_word(rng)
    thing = rng.choice(COMMON) if rng.random() < 0.6 else made_up_word(rng)
    name = rng.choice([f"{verb}_{thing}", f"{verb}_{thing}", f"{thing}_{verb}", verb])
    parameter = rng.choice([
        Parameter("value", (rng.choice(COMMON), "name", "item", "value", made_up_word(rng)), "The " + thing, rng.choice([any_word, made_up_name, code])),
        Parameter("value", ("count", "number", "amount", "n"), "How many", _number(1, 999))])
    taught = [f"{verb} the {thing} {{value}}.", f"Please {verb} the {thing} {{value}}.", f"{verb} {thing} {{value}}", f"I want to {verb} the {thing} {{value}}."]
    kind = Phrasings.__new__(Phrasings)
    kind.taught, kind.held_out = taught, [f"Can you {verb} the {thing} {{value}}?"]
    return ToolKind((name,), (f"{verb.capitalize()} the {thing}", f"{verb} {thing}"), (parameter,), kind)


def _schema(rng: random.Random, kind: ToolKind, name: str, keys: list[str], values: list[Value]) -> JsonObject:
    properties: dict[str, Any] = {}
    described = rng.random() < 0.35
    for parameter, key, value in zip(kind.parameters, keys, values):
        properties[key] = {"type": "string" if isinstance(value, str) else rng.choice(["integer", "integer", "number"])}
        if described:
            properties[key]["description"] = parameter.description
    function: JsonObject = {"name": name}
    if rng.random() < 0.9:
        function["description"] = rng.choice(kind.descriptions) + rng.choice(["", "."])
    function["parameters"] = {"type": "object", "properties": properties}
    if rng.random() < 0.85:
        function["parameters"]["required"] = keys
    if rng.random() < 0.1:
        function["parameters"]["additionalProperties"] = False
    return {"type": "function", "function": function}


def make_tool(rng: random.Random, split: str) -> Tool:
    kind = _invented(rng) if rng.random() < 0.3 else rng.choice(KINDS)
    name = rng.choice(kind.names)
    keys: list[str] = []
    for parameter in kind.parameters:
        keys.append(rng.choice([n for n in parameter.names if n not in keys]))
    values = [p.source(rng) for p in kind.parameters]
    user = kind.phrasings.pick(rng, split).format(**{p.slot: v for p, v in zip(kind.parameters, values)})
    user = user[0].upper() + user[1:] if user[0].islower() and rng.random() < 0.7 else user
    return Tool(_schema(rng, kind, name, keys, values), user, name, dict(zip(keys, values)))


def make_tools(rng: random.Random, split: str, count: int) -> list[Tool]:
    """Tools of different kinds and names."""
    tools: list[Tool] = []
    seen: set[str] = set()
    while len(tools) < count:
        tool = make_tool(rng, split)
        stems = set(tool.name.split("_")) - {"get", "set", "find", "send", "text", "number", "turn", "on"}
        if not stems & seen:
            seen |= stems | {tool.name}
            tools.append(tool)
    return tools
