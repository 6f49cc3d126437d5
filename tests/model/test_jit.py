"""The cache of compiled code: found again, never stale, never in the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numba
import pytest

from simulation.model import jit

PROGRAM = """
import json, sys
from simulation.model import jit, special
value = special.exp(1.0)
stats = special.exp.stats
print(json.dumps({"value": value, "folder": jit.CACHE_DIRECTORY, "hits": sum(stats.cache_hits.values())}))
"""


def in_a_new_process(cache: Path) -> dict[str, Any]:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_a_second_process_finds_what_the_first_compiled(tmp_path: Path) -> None:
    first, second = in_a_new_process(tmp_path), in_a_new_process(tmp_path)
    assert first["folder"] == str(tmp_path / "membersim-compiled" / jit.source_hash())
    assert (first["hits"], second["hits"]) == (0, 1)
    assert first["value"] == second["value"]


def test_no_writable_place_means_no_cache(tmp_path: Path) -> None:
    blocked = tmp_path / "a-file"
    blocked.write_text("")
    result = in_a_new_process(blocked)
    assert result["folder"] is None
    assert result["value"] == pytest.approx(2.718281828459045)


def test_an_edit_anywhere_changes_the_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jit, "_PACKAGE", tmp_path)
    for folder in ("model", "engine", "report"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.py").write_text("x = 1\n")
    seen = [jit.source_hash()]
    (tmp_path / "model" / "a.py").write_text("x = 2\n")
    seen.append(jit.source_hash())
    (tmp_path / "engine" / "b.py").write_text("from simulation.model.jit import compiled\n")
    seen.append(jit.source_hash())
    (tmp_path / "engine" / "b.py").rename(tmp_path / "engine" / "c.py")
    seen.append(jit.source_hash())
    assert len(set(seen)) == 4
    (tmp_path / "report" / "a.py").write_text("x = 3\n")
    (tmp_path / "engine" / "a.py").write_text("x = 3\n")  # nothing in it is compiled
    assert jit.source_hash() == seen[-1]


def test_numba_is_left_as_it_was() -> None:
    before = numba.config.CACHE_DIR
    jit.compiled(lambda x: x + 1)
    assert before == numba.config.CACHE_DIR


def test_old_folders_are_forgotten_and_others_kept(tmp_path: Path) -> None:
    for name in ("old", "recent", "current"):
        (tmp_path / name).mkdir()
    os.utime(tmp_path / "old", (0, 0))
    os.utime(tmp_path / "current", (0, 0))
    jit._forget_old(tmp_path, tmp_path / "current")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["current", "recent"]


@pytest.mark.skipif(jit.CACHE_DIRECTORY is None, reason="no writable place here")
def test_data_files_never_share_a_name() -> None:
    files = jit.compiled(lambda x: x)._cache._cache_file  # type: ignore[attr-defined]
    assert len({files._data_name(1) for _ in range(100)}) == 100
    assert files._data_name(1).endswith(".nbc")


@pytest.mark.skipif(jit.CACHE_DIRECTORY is None, reason="no writable place here")
def test_a_full_disk_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    function = jit.compiled(lambda x: x + 2)
    monkeypatch.setattr(type(function._cache._cache_file), "_save_index", full)  # type: ignore[attr-defined]
    assert function(1) == 3


def test_division_by_zero_is_infinite() -> None:
    assert jit.compiled(lambda x: 1.0 / x)(0.0) == float("inf")
    assert jit.inlined(lambda x: -1.0 / x)(0.0) == float("-inf")
