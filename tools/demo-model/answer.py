"""Compares what a server answered with what the exam expects. Exact; a call's arguments are compared as JSON."""

from __future__ import annotations

import json
from typing import Any

from exchange import Conversation, JsonObject


def is_right(conversation: Conversation, message: JsonObject) -> bool:
    expected = conversation.final
    content: str = message.get("content") or ""
    if conversation.thinking:
        before, _, after = content.rpartition("</think>")
        if not (message.get("reasoning_content") or before).strip():
            return False
        content = after.lstrip("\n")
    calls = message.get("tool_calls") or []
    if expected.get("tool_calls"):
        return not content and list(map(_call, calls)) == list(map(_call, expected["tool_calls"]))
    return content == expected["content"] and not calls


def _call(call: JsonObject) -> Any:
    """Name and arguments; None where the arguments are no JSON."""
    function = call["function"]
    try:
        return function["name"], json.loads(function["arguments"])
    except ValueError:
        return None
