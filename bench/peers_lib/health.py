"""How soon /health answers while a workload runs and a thousand other connections stand open."""
import contextlib
import dataclasses
import json
import pathlib
import subprocess
import sys
from collections.abc import Iterator

from peers_lib import workloads
from peers_lib.servers import Server

N_IDLE = 1000
RATE_HZ = 20
WORKLOAD_DEADLINE_S = 180
LONGEST_P99_S = 0.050


@dataclasses.dataclass
class Probed:
    n_idle: int = 0       # connections that could be opened
    n_idle_left: int = 0  # of these, open at the end
    latencies: list[float | None] = dataclasses.field(default_factory=list)  # None: no answer in time
    workload: str = ""    # what came of it, where that was not as it should be

    def quantile(self, part: float) -> float | None:
        """Seconds; None when that probe had no answer."""
        if not self.latencies:
            return None
        in_order = sorted(self.latencies, key=lambda each: float("inf") if each is None else each)
        return in_order[min(len(in_order) - 1, int(part * len(in_order)))]


@contextlib.contextmanager
def probing(url: str) -> Iterator[Probed]:
    """Probes from here to the end of the block; what is yielded is filled in then."""
    probed = Probed()
    process = subprocess.Popen([sys.executable, "-m", "peers_lib.health_probe", url, str(N_IDLE), str(RATE_HZ)],
                               cwd=pathlib.Path(__file__).resolve().parent.parent, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    try:
        probed.n_idle = json.loads(process.stdout.readline())["n_idle"]
        yield probed
        process.stdin.close()
        found = json.loads(process.stdout.readline())
        probed.latencies, probed.n_idle_left = found["latencies"], found["n_idle_left"]
    finally:
        process.kill()
        process.wait()


def measure(server: Server, model: pathlib.Path, wanted: dict[str, workloads.Workload],
            seed: int) -> Iterator[tuple[str, Probed]]:
    """Of each workload, on one start of the server. After one that did not come to its end, the rest are not asked."""
    with server.running(model) as url:
        for name, workload in wanted.items():
            with probing(url) as probed:
                outcome = workloads.run(workload, url, seed, WORKLOAD_DEADLINE_S)
                if outcome is None:
                    probed.workload = f"not done in {WORKLOAD_DEADLINE_S} s"
                elif outcome.errors:
                    probed.workload = f"{len(outcome.errors)} errors: {outcome.errors[0]}"
            yield name, probed
            if outcome is None:
                return


def in_ms(seconds: float | None) -> str:
    return "no answer" if seconds is None else f"{1000 * seconds:.1f} ms"


def line(probed: Probed) -> str:
    n_unanswered = sum(each is None for each in probed.latencies)
    return (f"p50 {in_ms(probed.quantile(0.5))}, p99 {in_ms(probed.quantile(0.99))}, {len(probed.latencies)} probes, "
            f"{n_unanswered} unanswered, {probed.n_idle} idle connections, {probed.n_idle_left} at the end"
            + (f"; workload {probed.workload}" if probed.workload else ""))


def table(probed: dict[str, dict[str, Probed]]) -> str:
    """By workload and server."""
    names = list(dict.fromkeys(server for servers in probed.values() for server in servers))
    lines = ["| `/health` under | " + " | ".join(f"{name} p50 | p99 | unanswered" for name in names) + " |",
             "| --- " + "| --- " * (3 * len(names)) + "|"]
    for workload, servers in probed.items():
        cells = []
        for name in names:
            if name not in servers:
                cells += ["not asked", "", ""]
                continue
            one = servers[name]
            n_unanswered = sum(each is None for each in one.latencies)
            cells += [in_ms(one.quantile(0.5)), in_ms(one.quantile(0.99)), f"{n_unanswered} of {len(one.latencies)}"]
        lines.append(f"| {workload} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def all_in_time(probed: dict[str, dict[str, Probed]], server: str) -> bool:
    """Whether that server's probes were answered in time under every workload, and its idle connections opened."""
    ours = [servers[server] for servers in probed.values() if server in servers]
    p99s = [one.quantile(0.99) for one in ours]
    return all(one.n_idle == N_IDLE and not one.workload for one in ours) and all(
        p99 is not None and p99 <= LONGEST_P99_S for p99 in p99s)


def as_json(probed: dict[str, dict[str, Probed]]) -> dict:
    return {name: {server: dataclasses.asdict(one) for server, one in servers.items()} for name, servers in probed.items()}
