"""Compares what a server answered with what the exam expects. Exact, but for the form in which a server hands over a call."""

from __future__ import annotations

import json
import re
from typing import Any

from exchange import Conversation, JsonObject

_CALL = re.compile(r"<tool_call>\n(.*)\n</tool_call>", re.DOTALL)


def is_right(conversation: Conversation, message: JsonObject) -> bool:
    expected = conversation.final
    content: str = message.get("content") or ""
    if conversation.thinking:
        before, _, after = content.rpartition("</think>")
        if not (message.get("reasoning_content") or before).strip():
            return False
        content = after.lstrip("\n")
    if expected.get("tool_calls"):
        wanted = expected["tool_calls"][0]["function"]
        return _call(message, content) == {"name": wanted["name"], "arguments": json.loads(wanted["arguments"])}
    return content == expected["content"] and not message.get("tool_calls")


def _call(message: JsonObject, content: str) -> Any:
    """The one call of the answer, as the server's field or as text; None if it is neither."""
    calls = message.get("tool_calls") or []
    try:
        if len(calls) == 1:
            function = calls[0]["function"]
            return {"name": function["name"], "arguments": json.loads(function["arguments"])}
        found = _CALL.fullmatch(content.strip())
        return json.loads(found.group(1)) if found else None
    except (KeyError, TypeError, ValueError):
        return None
