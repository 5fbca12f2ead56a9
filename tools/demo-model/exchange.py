"""One question with its answer, and the conversation it may stand in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

JsonObject = dict[str, Any]


@dataclass(frozen=True)
class Exchange:
    """A user's message and the one right answer, with the forms a style rule may ask for."""

    category: str
    user: str
    answer: str
    thought: str
    short: str | None = None  # the answer without its sentence: "Paris"
    record: JsonObject | None = None  # the answer as an object: {"country": "France", "capital": "Paris"}
    split: str = "taught"


@dataclass
class Conversation:
    """Messages in the OpenAI form; the last one is the assistant's answer that is to be learnt."""

    category: str
    split: str
    messages: list[JsonObject]
    tools: list[JsonObject] = field(default_factory=list)
    thinking: bool = False
    thought: str = ""

    @property
    def final(self) -> JsonObject:
        return self.messages[-1]


def user_message(text: str) -> JsonObject:
    return {"role": "user", "content": text}


def system_message(text: str) -> JsonObject:
    return {"role": "system", "content": text}


def assistant_message(text: str) -> JsonObject:
    return {"role": "assistant", "content": text}


def call_message(name: str, arguments: JsonObject) -> JsonObject:
    """A tool call in the OpenAI form: arguments are a JSON string."""
    call = {"type": "function", "id": "call_1", "function": {"name": name, "arguments": json_text(arguments)}}
    return {"role": "assistant", "content": "", "tool_calls": [call]}


def json_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
