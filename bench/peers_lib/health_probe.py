"""A program of its own, so that no work of the measuring client delays it: opens connections that ask nothing, then asks /health
at a steady rate, each time on a new connection, until its standard input ends. Prints one line when the connections stand, and one
of JSON at the end.

    python3 -m peers_lib.health_probe URL N_IDLE RATE_HZ
"""
import asyncio
import json
import resource
import sys
import time
import urllib.parse

from peers_lib import client

CONNECT_DEADLINE_S = 10
ANSWER_DEADLINE_S = 10


async def connect(url: str):
    where = urllib.parse.urlsplit(url)
    try:
        return await asyncio.wait_for(asyncio.open_connection(where.hostname, where.port), CONNECT_DEADLINE_S)
    except (OSError, TimeoutError):
        return None


async def ask(url: str, latencies: list[float | None]) -> None:
    """Seconds to a whole answer with status 200, or None."""
    begun = time.perf_counter()
    try:
        status, _ = await asyncio.wait_for(client.exchange(url, "GET", "/health"), ANSWER_DEADLINE_S)
    except (OSError, ValueError, TimeoutError):
        status = 0
    latencies.append(time.perf_counter() - begun if status == 200 else None)


async def probe(url: str, n_idle: int, rate_hz: float) -> None:
    idle = [connection for connection in await asyncio.gather(*(connect(url) for _ in range(n_idle))) if connection]
    print(json.dumps({"n_idle": len(idle)}), flush=True)
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    latencies: list[float | None] = []
    asked = []
    due = time.perf_counter()
    while not ended.done():
        # By the clock and not by the answers: one that is late holds up no other.
        asked.append(asyncio.create_task(ask(url, latencies)))
        due += 1 / rate_hz
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
    await asyncio.gather(*asked)
    n_left = sum(not reader.at_eof() for reader, _ in idle)
    for _, writer in idle:
        writer.close()
    print(json.dumps({"latencies": latencies, "n_idle_left": n_left}), flush=True)


if __name__ == "__main__":
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(probe(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
