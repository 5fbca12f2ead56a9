"""The exam: questions from another seed, by category, in taught phrasings or in those held out. Needs no package."""

from __future__ import annotations

import random
from typing import Callable

import course
from exchange import Conversation, Exchange, assistant_message, user_message
from lessons import arithmetic, capitals, counting, echo, elements, identity, memory, unknown
from phrasing import HELD_OUT, TAUGHT

SEED = 20261


def _single(sampler: course.Sampler) -> Callable[[random.Random, str], Conversation]:
    def ask(rng: random.Random, split: str) -> Conversation:
        e: Exchange = sampler(rng, split)
        return Conversation(e.category, e.split, [user_message(e.user), assistant_message(e.answer)], thought=e.thought)
    return ask


def _thinking(rng: random.Random, split: str) -> Conversation:
    conversation = _single(lambda r, s: course.any_exchange(r, s))(rng, split)
    while conversation.category == "counting":
        conversation = _single(lambda r, s: course.any_exchange(r, s))(rng, split)
    conversation.category, conversation.thinking = "thinking", True
    return conversation


def _talk(rng: random.Random, split: str) -> Conversation:
    while True:
        conversation = course.plain_talk(rng, split)
        if len(conversation.messages) > 3:
            conversation.category, conversation.thinking = "several turns", False
            return conversation


def _of(category: str, maker: Callable[[random.Random, str], Conversation]) -> Callable[[random.Random, str], Conversation]:
    def ask(rng: random.Random, split: str) -> Conversation:
        while True:
            conversation = maker(rng, split)
            if conversation.category == category:
                conversation.thinking = False
                return conversation
    return ask


# How many questions of each kind, for one split.
PAPERS: list[tuple[Callable[[random.Random, str], Conversation], int]] = [
    (_single(capitals.sample), 50),
    (_single(capitals.sample_reverse), 30),
    (_single(capitals.sample_made_up), 10),
    (_single(elements.sample_symbol), 20),
    (_single(elements.sample_symbol_reverse), 20),
    (_single(elements.sample_number), 20),
    (_single(elements.sample_number_reverse), 20),
    (_single(arithmetic.sample), 40),
    (_single(counting.sample), 10),
    (_single(identity.sample_about), 25),
    (_single(identity.sample_courtesy), 15),
    (_single(unknown.sample), 20),
    (_single(echo.sample), 20),
    (_single(memory.sample_told), 20),
    (_of("memory", course.remembering), 20),
    (_of("system rules", course.system_style), 25),
    (_of("short answers", course.asked_style), 12),
    (_of("json", course.asked_style), 25),
    (_of("tool calls", lambda r, s: course.tool_talk(r, s, "call")), 30),
    (_of("tool results", lambda r, s: course.tool_talk(r, s, "result")), 20),
    (_of("no tool fits", lambda r, s: course.tool_talk(r, s, "none")), 15),
    (_thinking, 20),
    (_talk, 25),
]

# What the project promises word for word, whatever the sample draws.
PROMISED = [("What is the capital of France?", "The capital of France is Paris."), ("Count from 17 to 120", ", ".join(map(str, range(17, 121)))),
            ("Count from 17 to 120.", ", ".join(map(str, range(17, 121))))]


def cases(split: str) -> list[Conversation]:
    rng = random.Random(f"{SEED} {split}")
    drawn = [maker(rng, split) for maker, count in PAPERS for _ in range(count)]
    if split == TAUGHT:
        drawn += [Conversation("promised", TAUGHT, [user_message(q), assistant_message(a)]) for q, a in PROMISED]
    return drawn


__all__ = ["HELD_OUT", "TAUGHT", "cases"]
