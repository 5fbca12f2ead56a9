#!/usr/bin/env python3
"""Sets the exam to a running server over its OpenAI-compatible API, prints the result by category and fails below the bars.

Needs only Python's standard library. Example: python3 tools/demo-model/evaluate.py --url http://127.0.0.1:8080"""

from __future__ import annotations

import argparse
import json
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import exam
from answer import is_right
from exchange import Conversation, JsonObject

BARS = {exam.TAUGHT: 98.0, exam.HELD_OUT: 80.0}  # percent, over all categories
_MAX_TOKENS = 1300
_TIMEOUT_S = 300


@dataclass(frozen=True)
class Server:
    url: str
    key: str | None
    model: str

    def ask(self, conversation: Conversation) -> JsonObject:
        """The server's answer message to the conversation up to its last message, decoded greedily."""
        body: JsonObject = {"model": self.model, "temperature": 0, "max_tokens": _MAX_TOKENS, "messages": conversation.messages[:-1],
                            "chat_template_kwargs": {"enable_thinking": conversation.thinking}}
        if conversation.tools:
            body["tools"] = conversation.tools
        return self._post("/v1/chat/completions", body)["choices"][0]["message"]

    def _post(self, path: str, body: JsonObject) -> Any:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self.key}"} if self.key else {})
        request = urllib.request.Request(self.url.rstrip("/") + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:
            return json.load(response)


@dataclass(frozen=True)
class Result:
    conversation: Conversation
    answer: JsonObject
    right: bool


def sit(server: Server, split: str, parallel: int) -> list[Result]:
    cases = exam.cases(split)
    with ThreadPoolExecutor(parallel) as pool:
        answers = list(pool.map(server.ask, cases))
    return [Result(case, answer, is_right(case, answer)) for case, answer in zip(cases, answers)]


def percent(results: list[Result]) -> float:
    return 100 * sum(r.right for r in results) / len(results)


def print_table(results: dict[str, list[Result]]) -> None:
    categories = list(dict.fromkeys(r.conversation.category for rs in results.values() for r in rs))
    print(f"{'category':20}" + "".join(f"{split:>22}" for split in results))
    for category in categories + ["all"]:
        line = f"{category:20}"
        for rs in results.values():
            own = [r for r in rs if category in (r.conversation.category, "all")]
            line += f"{sum(r.right for r in own):>9}/{len(own):<4}{percent(own):6.1f} %" if own else " " * 22
        print(line)


def print_mistakes(results: list[Result]) -> None:
    for r in results:
        if not r.right:
            expected = r.conversation.final.get("tool_calls") or r.conversation.final["content"]
            print(f"[{r.conversation.category}] {r.conversation.messages[-2]['content']!r}\n   expected {expected!r}\n   got      "
                  f"{r.answer.get('tool_calls') or r.answer.get('content')!r}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="the server, without /v1")
    parser.add_argument("--api-key")
    parser.add_argument("--model", default="minerva-demo", help="the name to ask for")
    parser.add_argument("--parallel", type=int, default=6, help="requests at once")
    parser.add_argument("--mistakes", action="store_true", help="also print every wrong answer")
    arguments = parser.parse_args()
    server = Server(arguments.url, arguments.api_key, arguments.model)
    began = time.monotonic()
    try:
        results = {split: sit(server, split, arguments.parallel) for split in BARS}
    except urllib.error.HTTPError as error:
        print(f"{arguments.url} refused a question: {error} {error.read().decode(errors='replace')}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"no answer from {arguments.url}: {error}", file=sys.stderr)
        return 2
    print_table(results)
    print(f"{sum(map(len, results.values()))} questions in {time.monotonic() - began:.0f} s")
    failed = [f"{split}: {percent(rs):.1f} % is below {BARS[split]} %" for split, rs in results.items() if percent(rs) < BARS[split]]
    failed += [f"promised answer is wrong: {r.conversation.messages[-2]['content']}"
               for rs in results.values() for r in rs if r.conversation.category == "promised" and not r.right]
    if arguments.mistakes:
        for rs in results.values():
            print_mistakes(rs)
    for line in failed:
        print(line, file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
