"""What a server says of itself when nothing is asked of it, and what the system says of its processes."""
import asyncio
import dataclasses
import json
import pathlib
import re
import time

from peers_lib import client

REST_DEADLINE_S = 30


@dataclasses.dataclass
class State:
    health: dict
    metrics: dict[str, float]
    rss_mib: dict[str, float]  # of "gateway" and "worker"

    @property
    def n_open(self) -> float:
        """Requests and sequences, by everybody who counts them."""
        engine = self.health["engine"]
        gauges = sum(self.metrics[f"minerva_{name}"] for name in ("sequences_running", "requests_waiting"))
        return self.health["requests_active"] + engine["n_running"] + engine["n_waiting"] + gauges

    @property
    def outcomes(self) -> dict[str, int]:
        """How requests ended, by minerva_requests_total."""
        pattern = re.compile(r'minerva_requests_total\{outcome="(\w+)"\}')
        return {found[1]: int(value) for name, value in self.metrics.items() if (found := pattern.fullmatch(name))}


def resident_mib(pid: int) -> float:
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024


async def look(url: str, gateway_pid: int) -> State:
    health = json.loads((await client.exchange(url, "GET", "/health"))[1])
    text = (await client.exchange(url, "GET", "/metrics"))[1].decode()
    pairs = (line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("minerva_"))
    return State(health, {name: float(value) for name, value in pairs},
                 {"gateway": resident_mib(gateway_pid), "worker": resident_mib(health["worker"]["pid"])})


async def at_rest(url: str, gateway_pid: int) -> State:
    """The state when nothing runs or waits any more; the one after the deadline when that does not come."""
    deadline = time.monotonic() + REST_DEADLINE_S
    while (state := await look(url, gateway_pid)).n_open > 0 and time.monotonic() < deadline:
        await asyncio.sleep(0.2)
    return state
