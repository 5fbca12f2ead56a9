"""The campaign of ./dev chaos, shorter: whatever ends the worker, no stream loses, repeats or changes a token."""

from __future__ import annotations

import subprocess
import sys

from minerva_server import REPOSITORY, program

N_FAULTS = 200
DEADLINE = 1400.0
# Seconds, of 99 streams in 100. The pause is measured by ./dev chaos on a machine that does nothing else; here it only has to end.
LONGEST_PAUSE = 5.0


def test_two_hundred_faults_change_no_answer() -> None:
    campaign = subprocess.run(
        [sys.executable, "-B", REPOSITORY / "bench/chaos", "--faults", str(N_FAULTS), "--seed", "1", "--longest-pause", str(LONGEST_PAUSE),
         "--minerva", program("minerva")], capture_output=True, text=True, timeout=DEADLINE)
    assert campaign.returncode == 0, campaign.stdout + campaign.stderr
    assert f"\n{N_FAULTS} faults, " in campaign.stdout
