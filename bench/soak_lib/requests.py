"""The kinds of requests of a soak: what is sent, and how it is to end. Each returns None, or a sentence about what was wrong."""
import asyncio
import dataclasses
import json
import random
import urllib.parse
from collections.abc import Awaitable, Callable

from peers_lib import client
from peers_lib.workloads import WORDS

DEADLINE_S = 120  # of one request; a busy server makes it wait, but not so long


@dataclasses.dataclass(frozen=True)
class Kind:
    share: int  # of all requests, in percent
    run: Callable[[str, random.Random], Awaitable[str | None]]


def _words(rng: random.Random, n: int) -> str:
    return " ".join(rng.choices(WORDS, k=n))


def _messages(rng: random.Random, n_words: int) -> list[dict]:
    return [{"role": "user", "content": _words(rng, n_words)}]


def _body(messages: list[dict], n_tokens: int, **more) -> bytes:
    return json.dumps({"messages": messages, "max_tokens": n_tokens, "ignore_eos": True, **more}).encode()


async def _whole(url: str, rng: random.Random, n_words: int, n_tokens: int, **more) -> str | None:
    """Not streamed, and checked."""
    status, body = await client.exchange(url, "POST", client.CHAT, _body(_messages(rng, n_words), n_tokens, **more))
    if status != 200:
        return f"status {status}: {body[-200:]!r}"
    answer = json.loads(body)
    if answer["usage"]["completion_tokens"] != n_tokens:
        return f"{answer['usage']['completion_tokens']} tokens instead of {n_tokens}"
    reason = answer["choices"][0]["finish_reason"]
    return None if reason == "length" else f"finish_reason {reason}"


async def short(url: str, rng: random.Random) -> str | None:
    return await _whole(url, rng, rng.randint(1, 30), rng.randint(1, 16))


async def short_stream(url: str, rng: random.Random) -> str | None:
    return (await client.chat(url, _messages(rng, rng.randint(1, 30)), rng.randint(1, 16))).error


async def long_prompt(url: str, rng: random.Random) -> str | None:
    return (await client.chat(url, _messages(rng, rng.randint(200, 400)), rng.randint(1, 8))).error


async def long_answer(url: str, rng: random.Random) -> str | None:
    return (await client.chat(url, _messages(rng, 5), rng.randint(100, 250), temperature=1.0)).error


async def conversation(url: str, rng: random.Random) -> str | None:
    """Three turns; their beginning is one of few."""
    opening = random.Random(rng.randint(0, 3))
    messages = [{"role": "system", "content": _words(opening, 60)}]
    for _ in range(3):
        messages += _messages(rng, rng.randint(1, 10))
        reply = await client.chat(url, messages, 8)
        if reply.error:
            return reply.error
        messages.append({"role": "assistant", "content": reply.text})
    return None


async def sampled(url: str, rng: random.Random) -> str | None:
    more = rng.choice([{"logprobs": True, "top_logprobs": 3}, {"mirostat": 2}, {"top_k": 5, "seed": 7},
                       {"repeat_penalty": 1.2, "dry_multiplier": 0.8}, {"logit_bias": {"5": -100}}])
    return await _whole(url, rng, 8, rng.randint(1, 16), temperature=0.9, **more)


async def constrained(url: str, rng: random.Random) -> str | None:
    """A grammar that ends the answer by itself."""
    body = {"messages": _messages(rng, 5), "max_tokens": 40, "grammar": 'root ::= "yes" | "no"'}
    status, raw = await client.exchange(url, "POST", client.CHAT, json.dumps(body).encode())
    if status != 200:
        return f"status {status}: {raw[-200:]!r}"
    text = json.loads(raw)["choices"][0]["message"]["content"]
    return None if text in ("yes", "no") else f"answered {text!r}"


# --- clients that go away

async def _leave(url: str, sent: bytes, n_lines: int, pause_s: float) -> None:
    where = urllib.parse.urlsplit(url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port, limit=1 << 20)
    writer.write(sent)
    await writer.drain()
    for _ in range(n_lines):
        if not await reader.readline():
            break
    await asyncio.sleep(pause_s)
    writer.transport.abort()


def _stream_request(url: str, rng: random.Random) -> bytes:
    body = _body(_messages(rng, rng.choice((5, 5, 250))), 200, stream=True)
    return client.head(urllib.parse.urlsplit(url).netloc, "POST", client.CHAT, len(body)) + body


async def leaves_midway(url: str, rng: random.Random) -> None:
    await _leave(url, _stream_request(url, rng), rng.randint(10, 60), 0)


async def leaves_at_once(url: str, rng: random.Random) -> None:
    await _leave(url, _stream_request(url, rng), 0, rng.choice((0, 0.01, 0.1)))


async def leaves_in_the_request(url: str, rng: random.Random) -> None:
    request = _stream_request(url, rng)
    await _leave(url, request[:rng.randint(1, len(request) - 1)], 0, 0.01)


# --- what is to be refused

async def _refused(url: str, method: str, path: str, body: bytes, wanted: int, code: str) -> str | None:
    status, raw = await client.exchange(url, method, path, body)
    found = json.loads(raw)["error"]["code"]
    return None if (status, found) == (wanted, code) else f"{status} {found} instead of {wanted} {code}"


async def bad_json(url: str, rng: random.Random) -> str | None:
    body = _body(_messages(rng, 5), 8)
    return await _refused(url, "POST", client.CHAT, body[:rng.randint(1, len(body) - 1)], 400, "invalid_request")


async def bad_field(url: str, rng: random.Random) -> str | None:
    more = rng.choice([{"temperature": "hot"}, {"top_p": 7}, {"stop": [""]}, {"grammar": "root ::= ("}, {"seed": 1.5}])
    return await _refused(url, "POST", client.CHAT, _body(_messages(rng, 5), 8, **more), 400, "invalid_request")


async def too_long(url: str, rng: random.Random) -> str | None:
    return await _refused(url, "POST", client.CHAT, _body(_messages(rng, 5000), 8), 400, "context_length_exceeded")


async def wrong_path(url: str, rng: random.Random) -> str | None:
    return await _refused(url, "GET", f"/v1/{rng.choice(WORDS)}", b"", 404, "not_found")


async def wrong_method(url: str, _: random.Random) -> str | None:
    return await _refused(url, "DELETE", client.CHAT, b"", 405, "method_not_allowed")


KINDS = {
    "short": Kind(22, short),
    "short, streamed": Kind(22, short_stream),
    "long prompt": Kind(5, long_prompt),
    "long answer": Kind(4, long_answer),
    "conversation of three turns": Kind(6, conversation),
    "sampled, with log probabilities": Kind(6, sampled),
    "constrained by a grammar": Kind(3, constrained),
    "leaves midway": Kind(8, leaves_midway),
    "leaves at once": Kind(6, leaves_at_once),
    "leaves in its request": Kind(3, leaves_in_the_request),
    "bad JSON": Kind(4, bad_json),
    "bad field": Kind(4, bad_field),
    "longer than the context": Kind(3, too_long),
    "wrong path": Kind(2, wrong_path),
    "wrong method": Kind(2, wrong_method),
}


async def run(name: str, url: str, rng: random.Random) -> str | None:
    try:
        return await asyncio.wait_for(KINDS[name].run(url, rng), DEADLINE_S)
    except TimeoutError:
        return f"not done within {DEADLINE_S} s"
    except (OSError, asyncio.IncompleteReadError, ValueError, KeyError) as error:
        return f"{type(error).__name__}: {error}"
