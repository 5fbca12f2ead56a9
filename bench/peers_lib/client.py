"""A light streaming client: one coroutine a request on plain sockets, so that the client takes little of the cores that
the server is measured on."""
import asyncio
import dataclasses
import json
import time
import urllib.parse

CHAT = "/v1/chat/completions"


@dataclasses.dataclass
class Reply:
    started: float = 0.0
    first_token: float | None = None
    arrivals: list[float] = dataclasses.field(default_factory=list)
    ended: float = 0.0
    text: str = ""
    usage: dict = dataclasses.field(default_factory=dict)
    error: str | None = None

    @property
    def ttft(self) -> float:
        return (self.first_token or self.ended) - self.started

    @property
    def gaps(self) -> list[float]:
        return [b - a for a, b in zip(self.arrivals, self.arrivals[1:])]


async def chat(url: str, messages: list[dict], max_tokens: int, key: str | None = None, **more) -> Reply:
    """One streamed greedy chat completion that never ends early. `key` is the API key, if the server has any."""
    body = {"model": "m", "messages": messages, "max_tokens": max_tokens, "temperature": 0, "ignore_eos": True,
            "stream": True, "stream_options": {"include_usage": True}, **more}
    reply = Reply(started=time.perf_counter())
    try:
        await stream(url, json.dumps(body).encode(), key, reply)
    except (OSError, asyncio.IncompleteReadError, ValueError) as error:
        reply.error = f"{type(error).__name__}: {error}"
    reply.ended = time.perf_counter()
    if reply.error is None and reply.usage.get("completion_tokens") != max_tokens:
        reply.error = f"{reply.usage.get('completion_tokens')} tokens instead of {max_tokens}"
    return reply


async def stream(url: str, body: bytes, key: str | None, reply: Reply) -> None:
    """A chat completion with this body, event by event into `reply`. Raises what chat() tells as an error."""
    where = urllib.parse.urlsplit(url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port, limit=1 << 20)
    try:
        writer.write(head(where.netloc, "POST", CHAT, len(body), key) + body)
        await writer.drain()
        status = (await reader.readline()).split()
        if len(status) < 2 or status[1] != b"200":
            reply.error = (await reader.read(2000)).decode(errors="replace")[-300:]
            return
        while line := await reader.readline():
            if not line.startswith(b"data: ") or line.startswith(b"data: [DONE]"):
                continue
            _take(json.loads(line[6:]), reply)
    finally:
        writer.close()


def _take(chunk: dict, reply: Reply) -> None:
    if "error" in chunk:
        raise ValueError(chunk["error"])
    reply.usage = chunk.get("usage") or reply.usage
    for choice in chunk.get("choices", []):
        if piece := choice.get("delta", {}).get("content"):
            now = time.perf_counter()
            reply.first_token = reply.first_token or now
            reply.arrivals.append(now)
            reply.text += piece


async def exchange(url: str, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    """One request and its whole answer, whatever that is: status and body as they came."""
    where = urllib.parse.urlsplit(url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    try:
        writer.write(head(where.netloc, method, path, len(body)) + body)
        await writer.drain()
        raw = await reader.read()
    finally:
        writer.close()
    answer, _, body = raw.partition(b"\r\n\r\n")
    status = answer.split(maxsplit=2)
    if len(status) < 2:
        raise ValueError(f"no answer but {raw[:100]!r}")
    return int(status[1]), body


def head(host: str, method: str, path: str, n_body: int, key: str | None = None) -> bytes:
    authorization = f"Authorization: Bearer {key}\r\n" if key else ""
    return (f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n{authorization}"
            f"Content-Length: {n_body}\r\nConnection: close\r\n\r\n").encode()
