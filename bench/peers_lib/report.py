"""Figures of the rounds, as lines, a table and JSON."""
import dataclasses
import statistics

# Figure: its name in the table, and how it is read from an Outcome. Greater is better for rates, smaller for times.
FIGURES = {
    "output tok/s": lambda outcome: outcome.tokens_per_s,
    "requests/s": lambda outcome: outcome.requests_per_s,
    "TTFT p50 s": lambda outcome: outcome.ttft_p50_s,
    "ITL p99 s": lambda outcome: outcome.itl_p99_s,
}


def line(outcome) -> str:
    errors = f"  ERRORS {len(outcome.errors)}: {outcome.errors[0]}" if outcome.errors else ""
    return (f"{outcome.tokens_per_s:7.1f} tok/s  TTFT p50 {outcome.ttft_p50_s:7.3f} s  "
            f"ITL p99 {1000 * outcome.itl_p99_s:7.1f} ms{errors}")


def table(names: list[str], rounds: list[dict], ours: str, theirs: str) -> str:
    """The ratio is ours / theirs, within a round."""
    lines = [f"| workload | figure | {ours} | {theirs} | ratio (median) | ratios |", "| --- | --- | --- | --- | --- | --- |"]
    for name in names:
        for figure, read in FIGURES.items():
            our_values = [read(results[name][ours]) for results in rounds]
            their_values = [read(results[name][theirs]) for results in rounds]
            ratios = [a / b for a, b in zip(our_values, their_values) if b > 0]
            if not ratios:
                continue
            spread = " ".join(f"{ratio:.2f}" for ratio in ratios)
            lines.append(f"| {name} | {figure} | {statistics.median(our_values):.3f} | {statistics.median(their_values):.3f} "
                         f"| {statistics.median(ratios):.3f} | {spread} |")
    return "\n".join(lines)


def all_complete(rounds: list[dict]) -> bool:
    return not any(outcome.errors for results in rounds for servers in results.values() for outcome in servers.values())


def as_json(rounds: list[dict]) -> list[dict]:
    return [{name: {server: dataclasses.asdict(outcome) for server, outcome in servers.items()}
             for name, servers in results.items()} for results in rounds]
