"""What the machine allows at most, and how far each workload's figure is from it.

A step of running sequences reads every weight once, and multiplies each of its tokens with every weight; a prompt's tokens
are multiplied too. So a workload takes at least

    prompt tokens · operations / int8 peak  +  max(steps · weight bytes / bandwidth, output tokens · operations / int8 peak)

with as many steps as its longest answer has tokens in each row of a full server. Attention and everything else are left out: the
limit is one that nobody reaches. Prompt tokens are those that were computed, not those that were found.
"""
import dataclasses
import json
import pathlib
import subprocess

from peers_lib import servers
from peers_lib.workloads import Outcome, Workload


@dataclasses.dataclass(frozen=True)
class Limits:
    threads: int
    kernel: str
    read_bytes_per_s: float
    int8_ops_per_s: float
    weight_bytes: int
    ops_per_output_token: float
    ops_per_prompt_token: float

    @property
    def decode_tokens_per_s(self) -> float:
        """Of one stream."""
        return self.read_bytes_per_s / self.weight_bytes

    @property
    def prefill_tokens_per_s(self) -> float:
        return self.int8_ops_per_s / self.ops_per_prompt_token

    def least_seconds(self, outcome: Outcome, width: int) -> float:
        reading = outcome.n_tokens / width * self.weight_bytes / self.read_bytes_per_s
        computing = outcome.n_tokens * self.ops_per_output_token / self.int8_ops_per_s
        return outcome.n_prompt_computed / self.prefill_tokens_per_s + max(reading, computing)


def measure(root: pathlib.Path, model: pathlib.Path) -> Limits:
    build = root / "build/release"
    subprocess.run(["cmake", "--build", build, "--target", "machine_limits"], check=True, stdout=subprocess.DEVNULL)
    run = subprocess.run([build / "bin/machine_limits", model, servers.THREADS], capture_output=True, text=True, check=True)
    return Limits(**json.loads(run.stdout))


def table(workloads: dict[str, Workload], outcomes: dict[str, Outcome], limits: dict[str, Limits]) -> str:
    """Of Minerva's outcomes; limits by preset of the model."""
    lines = ["| workload | figure | minerva | limit | part of it |", "| --- | --- | --- | --- | --- |"]

    def row(name: str, figure: str, value: float, limit: float) -> None:
        lines.append(f"| {name} | {figure} | {value:.1f} | {limit:.1f} | {100 * value / limit:.0f} % |")

    for name, outcome in outcomes.items():
        of_model = limits[workloads[name].preset]
        row(name, "output tok/s", outcome.tokens_per_s,
            outcome.n_tokens / of_model.least_seconds(outcome, workloads[name].width))
        if workloads[name].width == 1:
            row(name, "decode tok/s, after the first", outcome.decode_tokens_per_s, of_model.decode_tokens_per_s)
        row(name, "prompt tok/s, until the last first token", outcome.n_prompt_computed / outcome.prefill_s,
            of_model.prefill_tokens_per_s)
    return "\n".join(lines)


def line(preset: str, limits: Limits) -> str:
    return (f"limits of {limits.threads} threads for {preset}: reads {limits.read_bytes_per_s / 1e9:.1f} GB/s, "
            f"{limits.int8_ops_per_s / 1e12:.2f} T int8 operations/s ({limits.kernel}); "
            f"{limits.weight_bytes / 1e6:.0f} MB of weights a step, so {limits.decode_tokens_per_s:.0f} tok/s of one stream and "
            f"{limits.prefill_tokens_per_s:.0f} tok/s of prompts")
