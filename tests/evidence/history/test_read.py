"""Reading: mappings, formats, round trips through every kind of source, and files that are none."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulation.evidence.history import EVENTS, History, HistoryError, read_history, write_history
from simulation.evidence.history.columns import read_mapping
from simulation.scenario import ScenarioError
from simulation.scenario.schema import ColumnRef

LATE = dt.date(2200, 1, 1)
TEXTS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=6)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Members that join and have some events that can always be."""
    days = draw(st.booleans())
    rows: list[tuple[Any, ...]] = []
    for member in draw(st.lists(TEXTS, min_size=1, max_size=5, unique=True)):
        moment = dt.datetime(2020, 1, 1)
        arr = draw(st.one_of(st.none(), st.integers(0, 10**7).map(lambda cents: cents / 100)))
        rows.append((member, moment, "joined", None, arr, None, None))
        for _ in range(draw(st.integers(0, 4))):
            gap = draw(st.integers(1, 400)) if days else draw(st.integers(1, 10**13)) / 10**6
            moment += dt.timedelta(days=gap) if days else dt.timedelta(seconds=gap)
            event = draw(st.sampled_from(["interaction", "declined", "arr", "value_recognised", "resolved", "price"]))
            name = draw(st.one_of(st.none(), TEXTS)) if event in ("declined", "price") else None
            name = draw(TEXTS) if event == "declined" and name is None else name
            value = draw(st.floats(0, 1e9)) if event in ("arr", "price") else None
            recorded = draw(st.one_of(st.none(), st.just(moment + dt.timedelta(days=3))))
            rows.append((member, moment, event, name, value, draw(st.sampled_from([None, "one"])), recorded))
    columns = ["member_id", "date", "event", "name", "value", "segment", "recorded"]
    return History.of(pd.DataFrame(draw(st.permutations(rows)), columns=columns))


def through_sql(history: History, url: str) -> History:
    """Write a history to a table of a database and read it again."""
    import sqlalchemy as sa

    frame = history.frame
    texts = {
        name: frame[name].astype(object).where(frame[name].notna(), None)
        for name in frame
        if hasattr(frame[name], "cat")
    }
    engine = sa.create_engine(url)
    frame.assign(**texts).sample(frac=1, random_state=1).to_sql("events", engine, if_exists="replace", index=False)
    engine.dispose()
    return read_history(url, table="events", exported=LATE)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(history=histories())
@pytest.mark.parametrize("kind", ["csv", "parquet", "sqlite"])
def test_a_history_survives_every_source(kind: str, history: History, tmp_path: Path) -> None:
    if kind == "sqlite":
        again = through_sql(history, f"sqlite:///{tmp_path / 'members.db'}")
    else:
        path = tmp_path / f"history.{kind}"
        write_history(history, path)
        again = read_history(path, exported=LATE)
    assert again == history
    pd.testing.assert_frame_equal(again.frame, history.frame)


def test_no_cell_of_a_written_history_is_a_formula(tmp_path: Path) -> None:
    rows = [
        ("=cmd|' /C calc'!A0", "2025-01-01", "joined", "", 5.0),
        ("-7", "2025-01-01", "joined", "", 5.0),
        ("-7", "2025-02-01", "milestone", "+first", None),
    ]
    table = pd.DataFrame(rows, columns=["member_id", "date", "event", "name", "value"])
    history = History.of(table.replace("", None))
    path = tmp_path / "history.csv"
    write_history(history, path)
    cells = [cell for line in path.read_text().splitlines() for cell in line.split(",")]
    assert "'+first" in cells and not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    assert read_history(path, exported=LATE) == history


def test_the_fingerprint_sees_content_and_not_the_order_of_rows() -> None:
    rows = [("B", "2025-01-01", "joined", 5.0), ("A", "2025-01-01", "joined", 5.0), ("A", "2025-02-01", "left", None)]
    table = pd.DataFrame(rows, columns=["member_id", "date", "event", "value"])
    one, other = History.of(table), History.of(table.iloc[::-1])
    assert one == other and hash(one) == hash(other) and one.frame["member_id"].tolist() == ["A", "A", "B"]
    assert one != History.of(table.assign(value=6.0))
    assert one != History.of(table.assign(segment="x"))


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL server of our own, with a password."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) if Path("/usr/lib/postgresql").is_dir() else []
    initdb = shutil.which("initdb") or (str(found[-1]) if found else None)
    if initdb is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    programs = Path(initdb).resolve().parent
    import tempfile

    folder = Path(
        tempfile.mkdtemp(prefix="pg", dir="/tmp" if os.path.isdir("/tmp") else None)
    )  # short: a socket's path
    run: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        if shutil.which("runuser") is None or subprocess.run(["id", "postgres"], capture_output=True).returncode:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres with runuser")
        shutil.chown(folder, "postgres")
        run = ["runuser", "-u", "postgres", "--"]
    secret = folder / "secret"
    secret.write_text("pa:ss w@rd", encoding="utf-8")
    if run:
        shutil.chown(secret, "postgres")

    def call(*words: str) -> None:
        done = subprocess.run([*run, *words], capture_output=True, text=True, timeout=120, cwd=folder)
        assert done.returncode == 0, done.stdout + done.stderr

    call(
        str(programs / "initdb"),
        "-D",
        str(folder / "data"),
        "-U",
        "reader",
        "-A",
        "scram-sha-256",
        "--pwfile",
        str(secret),
    )
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    call(str(programs / "pg_ctl"), "-D", str(folder / "data"), "-o", options, "-l", str(folder / "log"), "-w", "start")
    yield f"postgresql+pg8000://reader:pa%3Ass%20w%40rd@/postgres?unix_sock={folder}/.s.PGSQL.5432"
    call(str(programs / "pg_ctl"), "-D", str(folder / "data"), "-m", "immediate", "stop")
    shutil.rmtree(folder, ignore_errors=True)


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(history=histories())
def test_a_history_survives_a_real_postgresql(history: History, postgres: str) -> None:
    assert through_sql(history, postgres) == history


def test_a_query_dates_with_zones_and_numerics_of_postgresql(postgres: str) -> None:
    import sqlalchemy as sa

    engine = sa.create_engine(postgres)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE IF EXISTS booked"))
        connection.execute(sa.text("CREATE TABLE booked (who int, at timestamptz, what text, amount numeric(12,2))"))
        connection.execute(
            sa.text(
                "INSERT INTO booked VALUES (7, '2025-03-01 00:30+01', 'joined', 120.10),"
                " (7, '2025-05-01 12:00+00', 'left', NULL)"
            )
        )
    engine.dispose()
    query = "SELECT who AS member_id, at AS date, what AS event, amount AS value FROM booked WHERE who = 7"
    history = read_history(postgres, query=query, exported=LATE)
    assert history.frame["date"].tolist()[0] == pd.Timestamp("2025-02-28 23:30")
    assert history.levels.tolist() == [12010, 0] and history.by_member().member_id == ["7"]


@pytest.mark.parametrize(("change", "expected"), [
    (("reader:pa%3Ass%20w%40rd", "reader:wr0ngsecret"), "cannot be read"),
    (("?unix_sock=", "?unix_sock=/nowhere"), "cannot be read"),
])  # fmt: skip
def test_no_password_is_ever_shown(postgres: str, change: tuple[str, str], expected: str) -> None:
    with pytest.raises(HistoryError) as caught:
        read_history(postgres.replace(*change), table="events", exported=LATE)
    text = str(caught.value)
    assert expected in text and "wr0ngsecret" not in text and "pa%3Ass" not in text and "pa:ss" not in text


def test_tables_that_are_not_there_are_named(postgres: str, tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match=r"has no table 'evnts'"):
        read_history(postgres, table="evnts", exported=LATE)
    with pytest.raises(HistoryError, match="name either a table"):
        read_history(f"sqlite:///{tmp_path / 'x.db'}", exported=LATE)


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="does not exist"):
        read_history(f"sqlite:///{tmp_path / 'y.db'}", table="events", exported=LATE)
    assert not (tmp_path / "y.db").exists()


def test_a_mapping_reads_an_export_of_another_kind(tmp_path: Path, plan: Any) -> None:
    mapping = tmp_path / "columns.yaml"
    mapping.write_text(
        "columns:\n  member_id: Kunde\n  date: {column: Datum, format: '%d.%m.%Y'}\n"
        "  event: {column: Art, values: {Beitritt: joined, Austritt: left, Notiz: ''}}\n"
        "  value: {column: Betrag, decimal: ','}\n  segment: {constant: person}\n",
        encoding="utf-8",
    )
    path = tmp_path / "export.csv"
    path.write_bytes(
        (
            "Kunde;Datum;Art;Betrag\n7;31.01.2025;Beitritt;1.234,50 \u20ac\n"
            "7;01.02.2025;Notiz;\n7;05.03.2026;Austritt;\n"
        ).encode("cp1252")
    )
    euros = plan.model_copy(update={"currency": "EUR"})
    history = read_history(path, scenario=euros, columns=read_mapping(mapping), exported=LATE)
    assert history.frame["date"].dt.strftime("%Y-%m-%d").tolist() == ["2025-01-31", "2026-03-05"]
    assert history.levels.tolist() == [123450, 0] and history.frame["segment"].tolist() == ["person"] * 2
    assert "1 rows are left out by the mapping of events" in history.warnings
    with pytest.raises(HistoryError, match="is in \u20ac, but the scenario counts in USD"):
        read_history(path, scenario=plan, columns=read_mapping(mapping), exported=LATE)


def test_a_wrong_mapping_is_one_clear_message(tmp_path: Path) -> None:
    path = tmp_path / "columns.yaml"
    path.write_text("columns:\n  date: {column: Datum, formt: '%d'}\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"columns.yaml:2:\d+: columns.date.formt: unknown key.*'format'"):
        read_mapping(path)
    events = tmp_path / "events.csv"
    events.write_text("member,datum,event\nA,2025-01-01,joined\n", encoding="utf-8")
    with pytest.raises(HistoryError) as caught:
        read_history(events, columns={"datee": ColumnRef(column="datum")}, exported=LATE)
    text = str(caught.value)
    assert "did you mean 'date'" in text and "is it 'member'? Then write columns: {member_id: 'member'}" in text


def test_a_scenario_names_its_history(tmp_path: Path) -> None:
    import simulation as sim

    plan = tmp_path / "plan.yaml"
    plan.write_text(
        "name: P\nstart: 2027-01-01\nhorizon: 12 months\nsegments:\n  s:\n    desired_outcome: {required: x}\n"
        "    arr: 1\n    renewal: {probability: 90%}\n"
        "history:\n  file: data/events.csv\n  exported: 2026-12-31\n  columns: {member_id: who}\n",
        encoding="utf-8",
    )
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "events.csv").write_text("who,date,event\nA,2026-01-01,joined\n", encoding="utf-8")
    scenario = sim.load(plan)
    assert read_history(scenario=scenario).exported == dt.date(2026, 12, 31)
    again = tmp_path / "again.yaml"
    again.write_text(scenario.to_yaml(), encoding="utf-8")
    assert sim.load(again) == scenario
    plan.write_text(
        plan.read_text("utf-8").replace("  file: data/events.csv\n", "  url: postgresql://u:p@h/d\n  table: t\n")
    )
    with pytest.raises(ScenarioError, match="keep the password out of the file"):
        sim.load(plan)


def test_excel_knows_dates_and_times(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    for row in (
        ["member_id", "date", "event"],
        [12, dt.datetime(2025, 1, 1), "joined"],
        [12, dt.datetime(2025, 2, 1, 9, 30), "left"],
    ):
        sheet.append(row)
    book.save(tmp_path / "events.xlsx")
    history = read_history(tmp_path / "events.xlsx", exported=LATE)
    assert history.frame["date"].tolist() == [pd.Timestamp("2025-01-01"), pd.Timestamp("2025-02-01 09:30")]
    assert history.by_member().member_id == ["12"]


PIECES = st.sampled_from(
    ["member_id,date,event,name,value\n", "A,2025-01-01,joined,,5\n", "A,2025-01-01,", "left", "\n", '"', ",", "\x00",
     "é", "2025-13-45", "1e999", "nan", *EVENTS[:6], ";", "A,2025-01-01,arr,,-1\n", "\r", "\ufeff", " "]
)  # fmt: skip


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(pieces=st.lists(PIECES, max_size=25), quarantine=st.booleans())
def test_garbage_is_refused_and_never_breaks(pieces: list[str], quarantine: bool, tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text("".join(pieces), encoding="utf-8", newline="")
    try:
        history = read_history(path, exported=LATE, quarantine=quarantine)
    except HistoryError as error:
        assert error.problems and all(one.message for one in error.problems)
    else:
        assert len(history) > 0


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(at=st.floats(0, 1), byte=st.integers(0, 255))
def test_a_damaged_parquet_file_is_refused_or_read(at: float, byte: int, tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    write_history(History.of(pd.DataFrame({"member_id": ["A", "B"], "date": "2025-01-01", "event": "joined"})), path)
    content = bytearray(path.read_bytes())
    content[int(at * (len(content) - 1))] = byte
    path.write_bytes(bytes(content))
    try:
        read_history(path, exported=LATE)
    except HistoryError as error:
        assert error.problems


def test_reading_says_how_far_it_is(read: Callable[..., Any]) -> None:
    steps: list[tuple[int, int]] = []
    read("A,2025-01-01,joined,,5", progress=lambda done, total: steps.append((done, total)))
    assert steps == [(1, 1)]


def test_values_are_kept_bit_for_bit(tmp_path: Path) -> None:
    values = np.array([0.1, 1 / 3, 1e-9, 123456789.01, 5.0])
    table = pd.DataFrame({"member_id": list("ABCDE"), "date": "2025-01-01", "event": "joined", "value": values})
    for ending in ("csv", "parquet"):
        write_history(History.of(table), tmp_path / f"h.{ending}")
        again = read_history(tmp_path / f"h.{ending}", exported=LATE)
        assert again.frame["value"].tolist() == values.tolist()


def test_the_password_comes_from_the_environment(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """PGPASSWORD serves where the URL has none, with any driver."""
    head, _, tail = postgres.partition(":pa%3Ass%20w%40rd@")
    monkeypatch.setenv("PGPASSWORD", "pa:ss w@rd")
    query = "select 'a' as member_id, '2027-01-01' as date, 'joined' as event"
    read = read_history(f"{head}@{tail}", query=query, exported=dt.date(2028, 1, 1))
    assert len(read) == 1
    monkeypatch.setenv("PGPASSWORD", "wrong")
    with pytest.raises(Exception, match="cannot be read") as caught:
        read_history(f"{head}@{tail}", query=query, exported=dt.date(2028, 1, 1))
    assert "wrong" not in str(caught.value)
