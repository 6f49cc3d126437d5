"""Memory of a large run: `pytest -m benchmark tests/benchmarks/test_memory.py -s`; takes minutes."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc"),
]
RUN = """
import simulation as sim
from tests.benchmarks.test_engines import association

sim.run(association({members}, "60 months"), replications={replications}, workers=1)
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""


def peak(members: int, replications: int) -> int:
    """Most bytes that a process of its own has held while it ran the association over 60 months."""
    code = RUN.format(members=members, replications=replications)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1]) * 1024


def test_a_million_members_stay_under_four_gigabytes() -> None:
    size = peak(1_000_000, 1)
    print(f"\n1,000,000 members at the start, 60 months: {size / 1e9:.2f} GB at most")
    assert size < 4e9


def test_replications_do_not_add_up() -> None:
    """Hundreds of replications hold little more than some: what they hold are ledgers, never members."""
    few, many = peak(1_000, 8), peak(1_000, 400)
    print(f"\n8 and 400 replications of 1,000 members: {few / 1e6:.0f} and {many / 1e6:.0f} MB at most")
    assert many < few + 400e6
