"""What is asked of each server. Prompts depend on the seed alone, so both servers get the same ones, and no prompt comes
twice within a server's life unless the workload is about that."""
import asyncio
import dataclasses
import random
import statistics
import time
from collections.abc import Awaitable, Callable

from peers_lib import client

# Common English words: about one to three tokens each; calibrated per model before the first use.
WORDS = ("time year people way day man thing woman life child world school state family student group country problem hand "
         "part place case week company system program question work government number night point home water room mother "
         "area money story fact month lot right study book eye job word business issue side kind head house service").split()


@dataclasses.dataclass
class Outcome:
    wall_s: float
    n_tokens: int
    n_requests: int
    ttft_p50_s: float
    itl_p99_s: float
    errors: list[str]
    n_prompt_computed: int = 0         # prompt tokens that were not found in a cache
    prefill_s: float = 0.0             # until the last request had its first token
    decode_tokens_per_s: float = 0.0   # of one stream, after its first token; median

    @property
    def tokens_per_s(self) -> float:
        return self.n_tokens / self.wall_s

    @property
    def requests_per_s(self) -> float:
        return self.n_requests / self.wall_s


@dataclasses.dataclass(frozen=True)
class Workload:
    summary: str
    ask: Callable[[str, random.Random, Callable[[random.Random, int], str]], Awaitable[list[client.Reply]]]
    preset: str = "258m"
    width: int = 8               # sequences that run at once
    after_restart: bool = False  # asked once, and measured when the server has been started anew


def run(workload: Workload, url: str, seed: int, deadline_s: float | None = None) -> Outcome | None:
    """None when it is not done by then."""
    try:
        return asyncio.run(asyncio.wait_for(_run(workload, url, seed), deadline_s))
    except TimeoutError:
        return None


async def _run(workload: Workload, url: str, seed: int) -> Outcome:
    text_of = await _calibrated(url)
    rng = random.Random(f"{workload.summary} {seed}")
    started = time.perf_counter()
    replies = await workload.ask(url, rng, text_of)
    wall = time.perf_counter() - started
    gaps = sorted(gap for reply in replies for gap in reply.gaps)
    return Outcome(
        wall_s=wall,
        n_tokens=sum(reply.usage.get("completion_tokens", 0) for reply in replies),
        n_requests=sum(reply.error is None for reply in replies),
        ttft_p50_s=statistics.median(reply.ttft for reply in replies),
        itl_p99_s=gaps[int(0.99 * (len(gaps) - 1))] if gaps else 0.0,
        errors=[reply.error for reply in replies if reply.error],
        n_prompt_computed=sum(_n_computed(reply.usage) for reply in replies),
        prefill_s=max((reply.first_token or reply.ended) for reply in replies) - started,
        decode_tokens_per_s=statistics.median(_decode_rate(reply) for reply in replies),
    )


def _n_computed(usage: dict) -> int:
    details = usage.get("prompt_tokens_details") or {}
    return usage.get("prompt_tokens", 0) - details.get("cached_tokens", 0)


def _decode_rate(reply: client.Reply) -> float:
    """By the tokens and not by the arrivals: several tokens may come as one piece of text."""
    n_more = reply.usage.get("completion_tokens", 0) - 1
    seconds = reply.ended - (reply.first_token or reply.ended)
    return n_more / seconds if n_more > 0 and seconds > 0 else 0.0


async def _calibrated(url: str) -> Callable[[random.Random, int], str]:
    """A maker of texts of about so many tokens, from what two probes cost on this model."""
    probe = random.Random("calibration")
    sizes = {}
    for n_words in (20, 120):
        reply = await client.chat(url, [_user(" ".join(probe.choices(WORDS, k=n_words)))], 1)
        if reply.error:
            raise SystemExit(f"the calibration request failed: {reply.error}")
        sizes[n_words] = reply.usage["prompt_tokens"]
    per_word = (sizes[120] - sizes[20]) / 100
    overhead = sizes[20] - 20 * per_word

    def text_of(rng: random.Random, n_tokens: int) -> str:
        return " ".join(rng.choices(WORDS, k=max(1, round((n_tokens - overhead) / per_word))))

    return text_of


def _user(text: str) -> dict:
    return {"role": "user", "content": text}


async def one_stream(url, rng, text_of):
    return [await client.chat(url, [_user(text_of(rng, 122))], 128)]


async def eight_distinct(url, rng, text_of):
    return await asyncio.gather(*(client.chat(url, [_user(text_of(rng, 122))], 48) for _ in range(8)))


async def one_document(url, rng, text_of):
    document = {"role": "system", "content": text_of(rng, 1500)}
    return await asyncio.gather(
        *(client.chat(url, [document, _user(f"{number} {text_of(rng, 20)}")], 32) for number in range(8)))


async def staggered_long(url, rng, text_of):
    async def later(number: int) -> client.Reply:
        await asyncio.sleep(0.3 * number)
        return await client.chat(url, [_user(text)], 32)

    tasks = []
    for number in range(8):
        text = text_of(rng, 760)
        tasks.append(asyncio.create_task(later(number)))
        await asyncio.sleep(0)
    return await asyncio.gather(*tasks)


async def many_clients(url, rng, text_of):
    async def client_loop(texts: list[str]) -> list[client.Reply]:
        return [await client.chat(url, [_user(text)], 32) for text in texts]

    loops = await asyncio.gather(*(client_loop([text_of(rng, 60) for _ in range(4)]) for _ in range(32)))
    return [reply for loop in loops for reply in loop]


async def repeated_text(url, rng, text_of):
    """What copying and editing look like to a server: a trained model that goes round in a circle. One of random weights
    says nothing that could be foreseen."""
    return [await client.chat(url, [_user(" ".join(["hi"] * rng.randint(6, 12)))], 1000)]


WORKLOADS = {
    "one_stream": Workload("one stream, 122-token prompt, 128 out", one_stream, width=1),
    "eight_distinct": Workload("8 distinct at once, 122-token prompts, 48 out", eight_distinct),
    "one_document": Workload("8 at once on one 1500-token document, 32 out", one_document),
    "document_after_restart": Workload("the document again after a restart, prefixes on disk", one_document, after_restart=True),
    "staggered_long": Workload("8 of 760-token prompts, 0.3 s apart, 32 out", staggered_long),
    "repeated_text": Workload("one stream, a text that repeats, demo model, 1000 out", repeated_text, preset="demo", width=1),
    "many_clients": Workload("32 clients, 4 requests each, 20M-parameter model, 32 out", many_clients, preset="20m"),
}
