"""No test touches the store of the user who runs it."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def store_of_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep finished replications in a folder that goes with the test."""
    folder = tmp_path / "store"
    monkeypatch.setenv("MEMBERSIM_STORE", str(folder))
    return folder
