"""The campaign of ./dev chaos, shorter: whatever ends the worker, no stream loses, repeats or changes a token."""

from __future__ import annotations

import subprocess
import sys

import pytest

from minerva_server import REPOSITORY, program

DEADLINE = 1400.0
# Seconds, of 99 streams in 100. The pause is measured by ./dev chaos on a machine that does nothing else; here it only has to end.
LONGEST_PAUSE = 5.0


@pytest.mark.parametrize("n_faults, flags", [(200, ()), (60, ("--standby",))])
def test_faults_change_no_answer(n_faults: int, flags: tuple[str, ...]) -> None:
    campaign = subprocess.run(
        [sys.executable, "-B", REPOSITORY / "bench/chaos", "--faults", str(n_faults), "--seed", "1", "--longest-pause", str(LONGEST_PAUSE),
         "--minerva", program("minerva"), *flags], capture_output=True, text=True, timeout=DEADLINE)
    assert campaign.returncode == 0, campaign.stdout + campaign.stderr
    assert f"\n{n_faults} faults, " in campaign.stdout
