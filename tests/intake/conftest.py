"""One messy organisation for all tests of the import."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.intake import exports


@pytest.fixture(scope="session")
def guild(tmp_path_factory: pytest.TempPathFactory) -> exports.Truth:
    """The exports of a simulated guild, and what really happened."""
    folder: Path = tmp_path_factory.mktemp("exports")
    return exports.write(folder)
