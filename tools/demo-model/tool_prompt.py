"""The chat template's tool texts, written into plain messages, for servers that take no `tools` in a request.

The prompt that comes out is the same, byte for byte; `generate.py` checks that."""

from __future__ import annotations

from exchange import JsonObject, assistant_message, json_text, system_message, user_message

_HEAD = "Call one of these tools when it fits the request:\n<tools>"
_FOOT = '\n</tools>\nWrite a call like this:\n<tool_call>\n{"name": NAME, "arguments": {ARGUMENTS}}\n</tool_call>'


def as_plain_messages(messages: list[JsonObject], tools: list[JsonObject]) -> list[JsonObject]:
    if not tools:
        return messages
    block = _HEAD + "".join("\n" + json_text(tool) for tool in tools) + _FOOT
    if messages[0]["role"] == "system":
        head, rest = messages[0]["content"] + "\n\n" + block, messages[1:]
    else:
        head, rest = block, messages
    return [system_message(head), *(_plain(m) for m in rest)]


def _plain(message: JsonObject) -> JsonObject:
    if message["role"] == "tool":
        return user_message(f"<tool_response>\n{message['content']}\n</tool_response>")
    if message.get("tool_calls"):
        function = message["tool_calls"][0]["function"]
        return assistant_message(f'<tool_call>\n{{"name": "{function["name"]}", "arguments": {function["arguments"]}}}\n</tool_call>')
    return message
