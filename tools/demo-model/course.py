"""Mixes exchanges into conversations: the text the model learns from, and the exam it sits."""

from __future__ import annotations

import random
from typing import Callable

from exchange import Conversation, Exchange, JsonObject, assistant_message, call_message, system_message, user_message
from lessons import arithmetic, capitals, counting, echo, elements, identity, memory, results, style, toolbox, unknown
from phrasing import HELD_OUT, TAUGHT

Sampler = Callable[[random.Random, str], Exchange]

# How often each subject comes up where any may; about in proportion to how many facts it holds.
SUBJECTS: dict[Sampler, float] = {
    capitals.sample: 5.0,
    capitals.sample_reverse: 4.5,
    capitals.sample_made_up: 1.0,
    elements.sample_symbol: 2.5,
    elements.sample_symbol_reverse: 2.0,
    elements.sample_number: 2.5,
    elements.sample_number_reverse: 2.0,
    arithmetic.sample: 8.0,
    identity.sample_about: 2.5,
    identity.sample_courtesy: 1.5,
    unknown.sample: 2.5,
    echo.sample: 2.5,
    memory.sample_told: 1.5,
    memory.sample_not_told: 0.5,
    counting.sample: 10.0,
}
_THINKING_SHARE = 0.12


def any_exchange(rng: random.Random, split: str) -> Exchange:
    return rng.choices(list(SUBJECTS), list(SUBJECTS.values()))[0](rng, split)


def _recorded(rng: random.Random, split: str) -> Exchange:
    """An exchange that has a short and a JSON form."""
    while True:
        exchange = any_exchange(rng, split)
        if exchange.short and exchange.record:
            return exchange


def _messages(exchanges: list[Exchange]) -> list[JsonObject]:
    return [m for e in exchanges for m in (user_message(e.user), assistant_message(e.answer))]


def _neutral(rng: random.Random) -> list[JsonObject]:
    return [system_message(rng.choice(style.NEUTRAL))] if rng.random() < 0.35 else []


def _finish(rng: random.Random, messages: list[JsonObject], last: Exchange, category: str | None = None) -> Conversation:
    return Conversation(category or last.category, last.split, messages, thinking=rng.random() < _THINKING_SHARE, thought=last.thought)


def plain_talk(rng: random.Random, split: str) -> Conversation:
    """One to four questions about anything."""
    exchanges = [any_exchange(rng, split) for _ in range(rng.choice([1, 1, 1, 2, 2, 3, 4]))]
    if exchanges[-1].category == "capitals" and rng.random() < 0.3:
        exchanges.append(capitals.follow_up(rng, split))
    exchanges = [e for i, e in enumerate(exchanges) if e.category not in ("counting",) or i == len(exchanges) - 1 or len(e.answer) < 300]
    # "You have not told me" is only true while nothing was told.
    told = False
    kept: list[Exchange] = []
    for e in exchanges:
        if e.category == "memory" and told:
            continue
        told = told or e.category == "names"
        kept.append(e)
    return _finish(rng, _neutral(rng) + _messages(kept), kept[-1])


def remembering(rng: random.Random, split: str) -> Conversation:
    """Something is told, other things may come between, then it is asked for."""
    told = memory.sample_memory(rng, split)
    between = [e for e in (any_exchange(rng, split) for _ in range(rng.choice([0, 0, 1, 2]))) if e.category not in ("names", "memory", "counting")]
    return _finish(rng, _neutral(rng) + _messages([told.tell, *between, told.ask]), told.ask)


def copying(rng: random.Random, split: str) -> Conversation:
    """Long rows to repeat. Copying is the skill that names, tools and JSON stand on, and the slowest to come."""
    exchanges = [echo.drill(rng, split) for _ in range(rng.choice([1, 1, 2]))]
    return _finish(rng, _messages(exchanges), exchanges[-1])


def system_style(rng: random.Random, split: str) -> Conversation:
    """The system message asks for a form; every answer keeps to it."""
    if rng.random() < 0.25:
        persona = style.persona(rng, split)
        before = [any_exchange(rng, TAUGHT)] if rng.random() < 0.2 else []
        before = [e for e in before if e.category not in ("names", "memory", "about", "counting")]
        return _finish(rng, [system_message(persona.system)] + _messages([*before, persona.exchange]), persona.exchange)
    rule = style.system_rule(rng, split)
    system = rule.text if rng.random() < 0.6 else rng.choice([f"{rng.choice(style.NEUTRAL)} {rule.text}", f"{rule.text} {rng.choice(style.NEUTRAL)}"])
    styled: list[Exchange] = []
    while len(styled) < 1 or (len(styled) < 3 and rng.random() < 0.4):
        exchange = _recorded(rng, TAUGHT if split == HELD_OUT else split)
        applied = rule.apply(exchange)
        if applied is not None and exchange.category not in ("names", "memory"):
            styled.append(applied)
    return _finish(rng, [system_message(system)] + _messages(styled), styled[-1], "system rules")


def asked_style(rng: random.Random, split: str) -> Conversation:
    """The question itself asks for a form."""
    exchange = _recorded(rng, TAUGHT if split == HELD_OUT else split)
    roll = rng.random()
    rule = style.one_word(rng, split) if roll < 0.3 else style.in_json(rng, split) if roll < 0.8 else style.json_with_keys(rng, split, exchange)
    applied = rule.apply(exchange)
    assert applied is not None
    user = f"{exchange.user} {rule.text}" if rng.random() < 0.75 or exchange.category == "repeat" else f"{rule.text} {exchange.user}"
    styled = Exchange("short answers" if roll < 0.3 else "json", user, applied.answer, exchange.thought, split=split)
    before = [e for e in [any_exchange(rng, TAUGHT)] if rng.random() < 0.2 and e.category not in ("names", "memory", "counting")]
    return _finish(rng, _neutral(rng) + _messages([*before, styled]), styled)


def tool_talk(rng: random.Random, split: str, ending: str | None = None) -> Conversation:
    """Tools are offered. The last turn is a call, an answer from a result, or a question that no tool fits.

    All earlier turns are learnt too, so a conversation that ends in a result teaches the call before it."""
    ending = ending or rng.choice(["call", "result", "result", "none"])
    tools = toolbox.make_tools(rng, split, rng.choice([1, 1, 1, 2, 2]))
    schemas = [t.schema for t in tools]
    messages = _neutral(rng)
    if rng.random() < 0.2:
        messages += _messages([_toolless(rng, TAUGHT)])
    chosen = rng.choice(tools)
    if ending == "none":
        last = _toolless(rng, split)
        return Conversation("no tool fits", split, messages + _messages([last]), schemas, rng.random() < _THINKING_SHARE, last.thought)
    messages += [user_message(chosen.user), call_message(chosen.name, chosen.arguments)]
    if ending == "call":
        return Conversation("tool calls", split, messages, schemas, rng.random() < _THINKING_SHARE, f"The tool {chosen.name} fits.")
    result = results.make_result(rng)
    messages += [{"role": "tool", "tool_call_id": "call_1", "content": result.content}, assistant_message(result.answer)]
    conversation = Conversation("tool results", split, messages, schemas, rng.random() < _THINKING_SHARE, result.thought)
    if rng.random() < 0.25 and split == TAUGHT:
        last = _toolless(rng, split)
        conversation.messages += _messages([last])
        conversation.category, conversation.thought = "no tool fits", last.thought
    return conversation


def _toolless(rng: random.Random, split: str) -> Exchange:
    """An exchange that could not be mistaken for a tool's work."""
    while True:
        exchange = any_exchange(rng, split)
        if exchange.category not in ("arithmetic", "counting", "unknown", "repeat", "memory", "names") or rng.random() < 0.05 and exchange.category == "names":
            return exchange


KINDS: dict[Callable[[random.Random, str], Conversation], float] = {
    plain_talk: 44.0,
    copying: 4.0,
    remembering: 7.0,
    system_style: 10.0,
    asked_style: 18.0,
    tool_talk: 18.0,
}


def conversation(rng: random.Random, split: str = TAUGHT) -> Conversation:
    return rng.choices(list(KINDS), list(KINDS.values()))[0](rng, split)
