"""Event logs as tables and files, and the pseudonyms in them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import simulation as sim
from simulation.engine.compiled import CompiledEngine
from simulation.engine.event_files import write_events
from simulation.engine.events import event_table, sorted_log
from simulation.engine.pseudonym import local_key, pseudonym, pseudonyms
from simulation.model.state import KINDS
from simulation.scenario import from_mapping
from tests.engine.engines import plan_of
from tests.engine.mechanisms import MECHANISMS

COLUMNS = ["time", "date", "member", "segment", "kind", "name", "direction", "magnitude", "progress", "arr"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's own folder, without a key."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    monkeypatch.delenv("MEMBERSIM_KEY", raising=False)
    return tmp_path / "membersim" / "pseudonym.key"


def test_the_table_says_what_the_log_says() -> None:
    plan = plan_of(MECHANISMS["quota"][0])
    memory = CompiledEngine(plan, log=True).run(4, 1)
    log, table = sorted_log(memory), event_table(memory, plan)
    assert list(table.columns) == COLUMNS and len(table) == len(log) > 1000
    assert table["time"].to_numpy().tobytes() == log["time"].tobytes()
    assert (table["time"].diff().dropna() >= 0).all()
    assert table["date"].iloc[0] == pd.Timestamp("2027-01-01")
    assert (table["date"] == pd.Timestamp("2027-01-01") + pd.to_timedelta(table["time"] // 1, unit="D")).all()
    assert table["kind"].tolist() == [KINDS[kind] for kind in log["kind"]]
    assert table["direction"].to_numpy() == pytest.approx(np.degrees(log["direction"]))
    assert (table["arr"] == log["arr"] / 100).all()
    named = table.groupby("kind", observed=True)["name"].agg(lambda names: set(names.astype("str").dropna()))
    assert named["milestone"] == {"first_use", "daily_use", "savings", "more"}
    assert named["taken"] | named["pushed"] == {"savings", "more"}
    assert named["requested"] == {"set_up", "call"}
    assert named["interaction"] == named["renewed"] == set()
    assert set(table["segment"]) == {"firms"}


def test_members_stand_under_pseudonyms() -> None:
    plan = plan_of(MECHANISMS["plain"][0])
    memory = CompiledEngine(plan, log=True).run(4, 1)
    table = event_table(memory, plan, key=b"k" * 32)
    keys = sorted_log(memory)["key"]
    assert table["member"].nunique() == len(np.unique(keys))
    assert table["member"].tolist() == pseudonyms(keys.tolist(), b"k" * 32)
    other = event_table(memory, plan, key=b"l" * 32)
    assert not set(other["member"]) & set(table["member"])
    assert not {f"{key:016x}" for key in keys.tolist()} & set(table["member"])


def test_a_pseudonym_is_a_keyed_digest() -> None:
    wanted = hashlib.blake2b((2**64 - 5).to_bytes(8, "little"), key=b"secret", digest_size=8).hexdigest()
    assert pseudonym(2**64 - 5, b"secret") == wanted


def test_the_key_is_made_once_for_its_user_alone(home: Path) -> None:
    key = local_key()
    assert key == local_key() == home.read_bytes() and len(key) == 32
    assert home.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in home.parent.iterdir()] == ["pseudonym.key"]
    home.unlink()
    assert local_key() != key
    home.write_bytes(b"short")
    with pytest.raises(OSError, match="damaged"):
        local_key()


def test_a_passphrase_goes_before_the_key(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEMBERSIM_KEY", "we two")
    key = local_key()
    assert len(key) == 32 and not home.exists()
    monkeypatch.setenv("MEMBERSIM_KEY", "we three")
    assert local_key() != key


def test_files_of_several_replications(tmp_path: Path) -> None:
    scenario = from_mapping(MECHANISMS["advocacy"][0])
    logs = [sim.events(scenario, replication=n, seed=8, engine="compiled") for n in range(3)]
    path = tmp_path / "events.parquet"
    write_events(iter(logs), path)
    assert pq.ParquetFile(path).num_row_groups == 3
    back = pd.read_parquet(path)
    assert list(back.columns) == ["replication", *COLUMNS]
    assert all(isinstance(back[name].dtype, pd.CategoricalDtype) for name in ("member", "segment", "kind", "name"))
    for n, log in enumerate(logs):
        own = back[back["replication"] == n].drop(columns="replication").reset_index(drop=True)
        for name in COLUMNS:
            same = own[name].astype(object).where(own[name].notna(), None)
            assert same.tolist() == log[name].astype(object).where(log[name].notna(), None).tolist(), name


def test_both_engines_give_the_same_table() -> None:
    scenario = from_mapping(MECHANISMS["advocacy"][0])
    one, other = (sim.events(scenario, replication=2, seed=8, engine=engine) for engine in ("compiled", "simpy"))
    pd.testing.assert_frame_equal(one, other, check_exact=True)
