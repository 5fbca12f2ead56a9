"""What is done to a worker, and when."""
import asyncio
import contextlib
import json
import os
import pathlib
import random
import signal
import time

from chaos_lib.streams import Ask, Crowd
from peers_lib import client

SIGNALS = {"kill": signal.SIGKILL, "segv": signal.SIGSEGV, "abort": signal.SIGABRT, "stop": signal.SIGSTOP}
OOM = "oom"  # the kernel's, in a control group of the worker's own
POINTS = {"decode": 5, "prefill": 3, "recovery": 2, "load": 1, "idle": 1}  # and how often each
STANDBY_POINTS = {"standby": 1, "both": 1}  # the standby alone, and both workers at once; where there is a standby
RECOVERY_DEADLINE_S = 60
CGROUPS = pathlib.Path("/sys/fs/cgroup")


def kinds() -> list[str]:
    return [*SIGNALS, OOM] if can_limit_memory() else [*SIGNALS]


def can_limit_memory() -> bool:
    """Whether a control group with a limit of memory can be made here."""
    folder = CGROUPS / f"minerva-chaos-probe-{os.getpid()}"
    try:
        folder.mkdir()
    except OSError:
        return False
    try:
        return (folder / "memory.max").exists() and os.access(folder / "memory.max", os.W_OK)
    finally:
        folder.rmdir()


def strike(pid: int, kind: str) -> None:
    with contextlib.suppress(ProcessLookupError):
        if kind != OOM:
            os.kill(pid, SIGNALS[kind])
            return
        folder = CGROUPS / f"minerva-chaos-{pid}"
        folder.mkdir(exist_ok=True)
        (folder / "cgroup.procs").write_text(str(pid))
        (folder / "memory.max").write_text("1M")


class Campaign:
    """Strikes the worker of one server, waits until it has recovered, and strikes again."""

    def __init__(self, url: str, crowd: Crowd, rng: random.Random, standby: bool) -> None:
        self.pauses: list[float] = []  # of each stream that a fault met, from the fault to its next token
        self.counts: dict[tuple[str, str], int] = {}
        self._url = url
        self._crowd = crowd
        self._rng = rng
        self._kinds = kinds()
        self._standby = standby
        self.points = POINTS | STANDBY_POINTS if standby else POINTS

    async def run(self, n_faults: int) -> None:
        for _ in range(n_faults):
            point = self._rng.choices(list(self.points), list(self.points.values()))[0]
            kind = self._rng.choice(self._kinds)
            self.counts[point, kind] = self.counts.get((point, kind), 0) + 1
            await getattr(self, f"_in_{point}")(kind)

    async def _in_decode(self, kind: str) -> None:
        await asyncio.sleep(self._rng.uniform(0.0, 0.15))
        await self._strike_and_recover(kind)

    async def _in_prefill(self, kind: str) -> None:
        n_before = sum(ask.reply.first_token is None for ask in self._crowd.open_asks())
        deadline = time.monotonic() + 1
        # A client has just asked.
        while sum(ask.reply.first_token is None for ask in self._crowd.open_asks()) <= n_before and time.monotonic() < deadline:
            await asyncio.sleep(0.001)
        await self._strike_and_recover(kind)

    async def _in_idle(self, kind: str) -> None:
        await self._crowd.hold()
        health = await self._health()
        strike(health["worker"]["pid"], kind)
        await asyncio.sleep(self._rng.uniform(0.0, 0.05))
        self._crowd.go_on()
        await self._recovered(health["worker"]["pid"])

    async def _in_load(self, kind: str) -> None:
        await self._strike_twice(kind, "loading")

    async def _in_recovery(self, kind: str) -> None:
        await self._strike_twice(kind, "ready")

    async def _in_standby(self, kind: str) -> None:
        """Nobody is served by it: no stream may notice."""
        pid = (await self._health())["standby"]["pid"]
        strike(pid, kind)
        await self._recovered(pid)

    async def _in_both(self, kind: str) -> None:
        standby = (await self._health())["standby"]["pid"]
        met, begin, pid = await self._strike(kind)
        strike(standby, kind)
        await self._recovered(pid, standby)
        await self._note_pauses(met, begin)

    async def _strike_twice(self, kind: str, state: str) -> None:
        """The second time as soon as the next worker has come so far, or as near to it as can be seen from here."""
        met, begin, pid = await self._strike("kill")
        while True:
            worker = (await self._health())["worker"]
            if worker["pid"] not in (0, pid) and worker["state"] in (state, "ready"):
                break
            await asyncio.sleep(0.001)
        strike(worker["pid"], kind)
        await self._recovered(worker["pid"])
        await self._note_pauses(met, begin)

    async def _strike_and_recover(self, kind: str) -> None:
        met, begin, pid = await self._strike(kind)
        await self._recovered(pid)
        await self._note_pauses(met, begin)

    async def _strike(self, kind: str) -> tuple[list[Ask], float, int]:
        pid = (await self._health())["worker"]["pid"]
        met = [ask for ask in self._crowd.open_asks() if ask.streamed and ask.reply.arrivals]
        begin = time.perf_counter()
        strike(pid, kind)
        return met, begin, pid

    async def _recovered(self, *dead_pids: int) -> None:
        deadline = time.monotonic() + RECOVERY_DEADLINE_S
        while True:
            health = await self._health()
            if health["worker"]["pid"] not in (0, *dead_pids) and health["ready"] and self._stands_by(health, dead_pids):
                return
            if time.monotonic() > deadline:
                raise SystemExit(f"no worker was ready {RECOVERY_DEADLINE_S} s after a fault: {health['worker']}")
            # The worker is watched closely, a standby that loads is not: looking takes time from the streams.
            await asyncio.sleep(0.02 if health["ready"] else 0.003)

    def _stands_by(self, health: dict, dead_pids: tuple[int, ...]) -> bool:
        if not self._standby:
            return True
        return health["standby"]["state"] == "ready" and health["standby"]["pid"] not in (
            *dead_pids, health["worker"]["pid"])

    async def _note_pauses(self, met: list[Ask], begin: float) -> None:
        """Each of the streams goes on before the next fault, so that every one of them has its own pause."""
        deadline = time.monotonic() + RECOVERY_DEADLINE_S
        for ask in met:
            while ask.is_open and ask.reply.arrivals[-1] <= begin:
                if time.monotonic() > deadline:
                    raise SystemExit(f"a stream did not go on within {RECOVERY_DEADLINE_S} s: {ask.prompt}")
                await asyncio.sleep(0.002)
            after = next((time for time in ask.reply.arrivals if time > begin), None)
            if after is not None:
                self.pauses.append(after - begin)

    async def _health(self) -> dict:
        return json.loads((await client.exchange(self._url, "GET", "/health"))[1])
