"""What tools give back, and the answer made of it."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

from exchange import json_text
from words import COMMON, any_word, made_up_name, phrase

_KEYS = ["temperature", "condition", "time", "result", "status", "price", "count", "title", "name", "city", "message", "value", "id", "date", "unit", "humidity", "wind"]
_CONDITIONS = ["sunny", "cloudy", "rainy", "windy", "done", "ok", "sent", "open", "closed", "ready"]


class ToolResult(NamedTuple):
    content: str
    answer: str
    thought: str


def _value(rng: random.Random) -> str | int:
    roll = rng.random()
    if roll < 0.45:
        return rng.randint(0, 999)
    if roll < 0.7:
        return rng.choice(_CONDITIONS)
    return rng.choice([any_word, made_up_name])(rng)


def make_result(rng: random.Random) -> ToolResult:
    roll = rng.random()
    if roll < 0.1:
        reason = rng.choice(["not found", "no connection", "access denied", "time out", phrase(rng, 1, 3)])
        return ToolResult(json_text({"error": reason}), f"The tool failed: {reason}.", "The tool failed.")
    if roll < 0.4:
        text = rng.choice([str(rng.randint(0, 999)), f"{rng.randint(-20, 40)} degrees", f"{rng.randint(0, 40)} degrees, {rng.choice(_CONDITIONS)}", rng.choice(_CONDITIONS),
                           f"{rng.randint(0, 23)}:{rng.randint(10, 59)}", phrase(rng, 1, 4)])
        return ToolResult(text, f"The tool says: {text}.", "I have the result of the tool.")
    keys: list[str] = []
    for _ in range(rng.choice([1, 1, 2, 2, 3])):
        key = rng.choice(_KEYS) if rng.random() < 0.75 else rng.choice(COMMON)
        if key not in keys:
            keys.append(key)
    record: dict[str, Any] = {key: _value(rng) for key in keys}
    answer = "The tool says: " + ", ".join(f"{key} {value}" for key, value in record.items()) + "."
    return ToolResult(json_text(record), answer, "I have the result of the tool.")
