"""No test of the engines takes over what another has found, unless it is about that."""

from __future__ import annotations

import pytest

from simulation.engine.recall import PASTS


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """Forget which past lives stay."""
    PASTS.clear()
