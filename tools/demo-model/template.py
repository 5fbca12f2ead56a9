"""Renders a conversation with the model's own chat template, set up as `transformers` sets up jinja2."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from exchange import Conversation, JsonObject

SOURCE = (Path(__file__).parent / "chat_template.jinja").read_text(encoding="utf-8")
ASSISTANT = "<|im_start|>assistant\n"
END = "<|im_end|>"


def _tojson(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _environment() -> jinja2.Environment:
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.filters["tojson"] = _tojson
    return environment


_TEMPLATE = _environment().from_string(SOURCE)


def render(messages: list[JsonObject], tools: list[JsonObject], prompt: bool, thinking: bool) -> str:
    return _TEMPLATE.render(messages=messages, tools=tools or None, add_generation_prompt=prompt, enable_thinking=thinking)


def pieces(conversation: Conversation) -> list[tuple[str, bool]]:
    """The conversation's text in pieces, each with whether the model has to write it (an assistant's turn with its end token)."""
    text = render(conversation.messages, conversation.tools, prompt=False, thinking=False)
    parts = text.split(ASSISTANT)
    out: list[tuple[str, bool]] = [(parts[0] + ASSISTANT, False)]
    for i, part in enumerate(parts[1:], start=1):
        answer, rest = part.split(END, 1)
        last = i == len(parts) - 1
        if last and conversation.thinking:
            out.append(("<think>\n", False))
            out.append((f"{conversation.thought}\n</think>\n\n{answer}{END}", True))
        else:
            out.append((answer + END, True))
        out.append((rest if last else rest + ASSISTANT, False))
    return out
