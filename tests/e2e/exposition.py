"""A strict reader of Prometheus' text format, version 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/

It fails on what a lenient scraper would let pass: samples without HELP and TYPE, families in pieces, the same series twice,
counters without their suffix, histograms that do not add up.
"""

from __future__ import annotations

import re
from typing import Iterable

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABELS = r'[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{((?:{LABELS})(?:,{LABELS})*)\}})? (\S+)")
COMMENT = re.compile(rf"# (HELP|TYPE) ({NAME}) (.+)")
KINDS = {"counter", "gauge", "histogram"}

Metrics = dict[str, float]  # by name and labels, as they stand in the text


def family_of(name: str, kinds: dict[str, str]) -> str:
    base = re.sub(r"_(bucket|sum|count)$", "", name)
    return base if kinds.get(base) == "histogram" else name


def parse(text: str) -> Metrics:
    assert text.endswith("\n"), "the last line has no end"
    helps: dict[str, str] = {}
    kinds: dict[str, str] = {}
    metrics: Metrics = {}
    current = ""
    for line in text.splitlines():
        if comment := COMMENT.fullmatch(line):
            what, name, rest = comment.groups()
            known = helps if what == "HELP" else kinds
            assert name not in known, f"a second {what} of {name}"
            known[name] = rest
            current = name
            continue
        sample = SAMPLE.fullmatch(line)
        assert sample, f"neither a comment nor a sample: {line!r}"
        name, labels, value = sample.groups()
        family = family_of(name, kinds)
        assert family == current and family in helps, f"not below its own HELP and TYPE: {line!r}"
        assert kinds[family] in KINDS, f"{family} is a {kinds[family]!r}"
        assert kinds[family] != "counter" or name.endswith("_total"), f"{name} is a counter"
        series = name + (f"{{{labels}}}" if labels else "")
        assert series not in metrics, f"twice: {series}"
        metrics[series] = float(value)
    assert helps.keys() == kinds.keys()
    check_histograms(metrics, [name for name, kind in kinds.items() if kind == "histogram"])
    return metrics


def check_histograms(metrics: Metrics, names: Iterable[str]) -> None:
    for name in names:
        by_labels: dict[str, list[tuple[float, float]]] = {}
        for series, value in metrics.items():
            if bucket := re.fullmatch(rf'{name}_bucket\{{(.*?),?le="(.+)"\}}', series):
                by_labels.setdefault(bucket[1], []).append((float(bucket[2]), value))
        assert by_labels, f"{name} has no buckets"
        for labels, buckets in by_labels.items():
            suffix = f"{{{labels}}}" if labels else ""
            assert buckets == sorted(buckets) and buckets[-1][0] == float("inf"), f"{name}{suffix}: {buckets}"
            assert [n for _, n in buckets] == sorted(n for _, n in buckets), f"{name}{suffix}: {buckets}"
            assert buckets[-1][1] == metrics[f"{name}_count{suffix}"]
            assert f"{name}_sum{suffix}" in metrics
