"""Clients whose answers are known: each asks the demo model, again and again, what has one right answer, and holds what it
gets against the answer of an undisturbed server."""
import asyncio
import collections
import dataclasses
import json
import random
import re
import time

from peers_lib import client

COUNTS = 24
LONGEST_COUNT = 110  # docs/demo-model.md says how far the model counts
OTHERS = ("What is the capital of France?", "What is the capital of Japan?", "Who are you?", "What is 12 plus 30?")
MAX_TOKENS = 600
N_CLIENTS = 8
N_WHOLE = 2  # of these, those that take their answers in one piece


def prompts(rng: random.Random) -> list[str]:
    firsts = [rng.randint(1, 120) for _ in range(COUNTS)]
    return [f"Count from {first} to {first + rng.randint(40, LONGEST_COUNT)}" for first in firsts] + list(OTHERS)


@dataclasses.dataclass(eq=False)
class Ask:
    """One request: under way while `reply.ended` is 0."""
    prompt: str
    streamed: bool
    reply: client.Reply = dataclasses.field(default_factory=client.Reply)

    @property
    def is_open(self) -> bool:
        return self.reply.ended == 0.0

    async def run(self, url: str) -> None:
        body = {"model": "m", "messages": [{"role": "user", "content": self.prompt}], "max_tokens": MAX_TOKENS,
                "temperature": 0, "stream": self.streamed}
        self.reply.started = time.perf_counter()
        try:
            if self.streamed:
                await client.stream(url, json.dumps(body).encode(), None, self.reply)
            else:
                status, answer = await client.exchange(url, "POST", client.CHAT, json.dumps(body).encode())
                if status != 200:
                    raise ValueError(f"status {status}: {answer[-300:].decode(errors='replace')}")
                self.reply.text = json.loads(answer)["choices"][0]["message"]["content"]
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            self.reply.error = f"{type(error).__name__}: {error}"
        self.reply.ended = time.perf_counter()


async def answers(url: str, texts: list[str], at_once: int) -> dict[str, str]:
    """What an undisturbed server answers, so many at a time."""
    waiting = iter(texts)
    known: dict[str, str] = {}

    async def one_client() -> None:
        for text in waiting:
            ask = Ask(text, streamed=True)
            await ask.run(url)
            if ask.reply.error:
                raise SystemExit(f"the undisturbed server failed on {text!r}: {ask.reply.error}")
            known[text] = ask.reply.text

    await asyncio.gather(*(one_client() for _ in range(at_once)))
    return known


@dataclasses.dataclass
class Verdicts:
    """What came of all asks."""
    n_right: int = 0
    failed: list[str] = dataclasses.field(default_factory=list)
    wrong: collections.Counter = dataclasses.field(default_factory=collections.Counter)  # tokens, by what is wrong
    different: list[str] = dataclasses.field(default_factory=list)

    def add(self, ask: Ask, expected: str) -> None:
        if ask.reply.error:
            self.failed.append(f"{ask.prompt}: {ask.reply.error}")
        elif ask.reply.text == expected:
            self.n_right += 1
        else:
            self.wrong.update(_differences(_numbers(ask.reply.text), _numbers(expected)))
            self.different.append(f"{ask.prompt}: {ask.reply.text!r} instead of {expected!r}")


def _numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


def _differences(got: list[int], wanted: list[int]) -> dict[str, int]:
    n_got, n_wanted = collections.Counter(got), collections.Counter(wanted)
    return {"lost": (n_wanted - n_got).total(), "duplicated": (n_got - n_wanted).total(),
            "reordered": sum(b < a for a, b in zip(got, got[1:]))}


class Crowd:
    """The clients. They ask until told to stop; between two requests they wait while the crowd is held."""

    def __init__(self, url: str, expected: dict[str, str], seed: int) -> None:
        self.verdicts = Verdicts()
        self.last_asks: list[Ask | None] = [None] * N_CLIENTS
        self._url = url
        self._expected = expected
        self._seed = seed
        self._may_ask = asyncio.Event()
        self._may_ask.set()
        self._stopped = False

    async def run(self) -> None:
        await asyncio.gather(*(self._one_client(i) for i in range(N_CLIENTS)))

    def stop(self) -> None:
        self._stopped = True
        self._may_ask.set()

    async def hold(self) -> None:
        """Nothing is under way afterwards."""
        self._may_ask.clear()
        while self.open_asks():
            await asyncio.sleep(0.005)

    def go_on(self) -> None:
        self._may_ask.set()

    def open_asks(self) -> list[Ask]:
        return [ask for ask in self.last_asks if ask and ask.is_open]

    async def _one_client(self, number: int) -> None:
        rng = random.Random(f"{self._seed} {number}")
        while not self._stopped:
            await self._may_ask.wait()
            prompt = rng.choice(list(self._expected))
            ask = Ask(prompt, streamed=number >= N_WHOLE)
            self.last_asks[number] = ask
            await ask.run(self._url)
            self.verdicts.add(ask, self._expected[prompt])
            if ask.reply.error:
                await asyncio.sleep(0.2)
