"""A light streaming client: one coroutine a request on plain sockets, so that the client takes little of the cores that
the server is measured on."""
import asyncio
import dataclasses
import json
import time
import urllib.parse


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
        await _stream(url, json.dumps(body).encode(), key, reply)
    except (OSError, asyncio.IncompleteReadError, ValueError) as error:
        reply.error = f"{type(error).__name__}: {error}"
    reply.ended = time.perf_counter()
    if reply.error is None and reply.usage.get("completion_tokens") != max_tokens:
        reply.error = f"{reply.usage.get('completion_tokens')} tokens instead of {max_tokens}"
    return reply


async def _stream(url: str, body: bytes, key: str | None, reply: Reply) -> None:
    where = urllib.parse.urlsplit(url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port, limit=1 << 20)
    head = (f"POST /v1/chat/completions HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Type: application/json\r\n"
            + (f"Authorization: Bearer {key}\r\n" if key else "")
            + f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n")
    try:
        writer.write(head.encode() + body)
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


async def get(url: str, path: str) -> tuple[int, bytes]:
    where = urllib.parse.urlsplit(url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {where.netloc}\r\nConnection: close\r\n\r\n".encode())
    raw = await reader.read()
    writer.close()
    head, _, body = raw.partition(b"\r\n\r\n")
    return int(head.split()[1]), body
