"""A simulated organisation as its systems would export it: joined by nothing but an id, and as messy as they come."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

import simulation as sim
from simulation.evidence.history import History
from simulation.evidence.history.today import todays_rows
from simulation.scenario import Scenario

PLAN = Path(__file__).parent / "plan.yaml"
EXPORTED = dt.date(2027, 1, 1)
ADDON = "Eintrag ins Register"


@dataclass(frozen=True)
class Truth:
    """What really happened, with the ids of the exports, at the precision of days."""

    scenario: Scenario
    history: pd.DataFrame
    book: pd.DataFrame
    files: list[Path]


def truth(seed: int = 7) -> tuple[Scenario, pd.DataFrame, pd.DataFrame]:
    """A simulated future: its history and its members on the last day, with ids such as 000123."""
    scenario = sim.load(PLAN)
    history = History.from_events(sim.events(scenario, replication=0, seed=seed), scenario)
    frame = history.frame.copy()
    ids = {old: f"{place:06d}" for place, old in enumerate(frame["member_id"].cat.categories, start=1)}
    frame["member_id"] = frame["member_id"].astype(object).map(ids)
    frame["date"] = frame["date"].dt.normalize()
    for name in ("event", "name", "segment"):
        frame[name] = frame[name].astype(object).fillna("")
    book = todays_rows(history, scenario, EXPORTED)
    book["member_id"] = book["member_id"].map(ids)
    return scenario, frame.reset_index(drop=True), book


def german(value: float) -> str:
    """1234.5 as 1.234,50 with a euro sign."""
    return f"{value:,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".") + " €"


def write(folder: Path, *, seed: int = 7) -> Truth:
    """Write the exports of an organisation."""
    scenario, frame, book = truth(seed)
    chance = random.Random(seed)
    files = [
        _members(folder / "Mitglieder_2026-12.csv", frame, book),
        _invoices(folder / "invoices 2026-12.xlsx", frame, chance),
        _courses(folder / "courses.csv", frame, chance),
        _logins(folder / "logins.parquet", frame, chance),
        _tickets(folder / "Tickets.csv", frame),
        _survey(folder / "nps_survey.csv", frame, chance),
    ]
    return Truth(scenario, frame, book, files)


def _spells(rows: pd.DataFrame) -> list[tuple[dt.date, dt.date | None]]:
    """Times of membership of one member."""
    spells: list[tuple[dt.date, dt.date | None]] = []
    for event, day in zip(rows["event"], rows["date"].dt.date, strict=True):
        if event in ("joined", "returned"):
            spells.append((day, None))
        elif event == "left":
            spells[-1] = spells[-1][0], day
    return spells


def _members(path: Path, frame: pd.DataFrame, book: pd.DataFrame) -> Path:
    """Windows-1252, semicolons, decimal commas, days first; a blank row, a copy, totals, rows that are nobody."""
    levels = dict(zip(book["member_id"], book["arr"] / 100, strict=True))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(["Mitglieds-Nr.", "Name", "Mitgliedsart", "Eintritt", "Austritt", "Jahresbeitrag", "Status"])
    rows = []
    for member, own in frame.groupby("member_id"):
        kind = {"individual": "Einzelmitglied", "corporate": "Firmenmitglied"}[own["segment"].iloc[0]]
        for joined, left in _spells(own):
            arr = german(levels[member]) if left is None else "N/A"
            gone = "" if left is None else f"{left:%d.%m.%Y}"
            status = "aktiv" if left is None else "ausgetreten"
            rows.append([member, f"Müller {member}", kind, f"{joined:%d.%m.%Y}", gone, arr, status])
    rows.insert(5, [""] * 7)
    rows.insert(9, list(rows[0]))  # a copy
    rows.append(["000901", "Kein Beitritt", "Einzelmitglied", "", "", "320,00 €", "aktiv"])
    rows.append(["000902", "Anwärter", "Einzelmitglied", "01.12.2026", "", "320,00 €", "Anwärter"])
    rows.append(["000903", "Unmöglich", "Einzelmitglied", "31.02.2026", "", "320,00 €", "aktiv"])
    rows.append(["000904", "Später", "Einzelmitglied", "15.02.2027", "", "320,00 €", "aktiv"])
    rows.append(["", "Niemand", "Einzelmitglied", "01.02.2026", "", "320,00 €", "aktiv"])
    rows.append(["Summe", "", "", "", "", german(sum(levels.values())), ""])
    writer.writerows(rows)
    path.write_bytes(out.getvalue().encode("cp1252"))
    return path


def _invoices(path: Path, frame: pd.DataFrame, chance: random.Random) -> Path:
    """Excel; ids as numbers, so without zeros; dates as dates and as text; the register on lines of its own."""
    from openpyxl import Workbook

    lines: list[list[Any]] = []
    for member, own in frame.groupby("member_id"):
        addon, number = 0.0, int(member)
        for event, date, value in zip(own["event"], own["date"], own["value"], strict=True):
            day = date.date()
            until = (date + pd.DateOffset(years=1) - pd.Timedelta(days=1)).date()
            if event in ("joined", "returned", "renewed"):
                billed = day + dt.timedelta(days=chance.choice([-14, 0, 0, 10]) if event == "renewed" else 0)
                billed = min(billed, EXPORTED)
                if event != "renewed":
                    addon = 0.0
                lines.append([number, billed, "Annual dues", round(value - addon, 2), day, until, "paid"])
                if addon:
                    lines.append([number, billed, ADDON, addon, day, until, "paid"])
            elif event == "taken":
                addon = round(addon + value, 2)
                lines.append([number, day, ADDON, value, None, None, "open"])
    first = lines[0]
    lines.append([first[0], first[1], "Annual dues", 99999, first[4], first[5], "void"])
    lines.append([first[0], first[1], "Late fee", 15, None, None, "paid"])
    wrong = [first[0], dt.date(2026, 3, 3), "Annual dues", 555.55, dt.date(2026, 3, 3), dt.date(2027, 3, 2), "paid"]
    lines.append(wrong)
    lines.append([*wrong[:3], -555.55, *wrong[4:]])
    lines.append([98765, dt.date(2026, 3, 3), "Annual dues", 320, None, None, "paid"])
    book = Workbook()
    sheet = book.active
    sheet.title = "Export"
    sheet.append(["Invoice No", "Customer", "Invoice Date", "Item", "Amount", "Period Start", "Period End", "Status"])
    for place, (who, day, *rest) in enumerate(lines):
        shown = day if place % 3 else f"{day:%d %b %Y}"
        sheet.append([f"R-{10_000 + place}", who, shown, *rest])
    sheet.append(["Total", None, None, None, sum(line[3] for line in lines), None, None, None])
    book.save(path)
    return path


def _courses(path: Path, frame: pd.DataFrame, chance: random.Random) -> Path:
    """UTF-8 with a byte order mark, months first, a failed try, a copy, an id of nobody, a day to come."""
    rows = [["Member ID", "Course Title", "Completed On", "Result"]]
    hits = frame[(frame["event"] == "milestone") & (frame["name"] == "certified")]
    for member, day in zip(hits["member_id"], hits["date"], strict=True):
        if chance.random() < 0.2:
            rows.append([member, "Certification Exam", f"{day - pd.Timedelta(days=3):%m/%d/%Y}", "failed"])
        rows.append([member, "Certification Exam", f"{day:%m/%d/%Y}", "passed"])
        if chance.random() < 0.02:
            rows.append([member, "Wine tasting", f"{day:%m/%d/%Y}", "passed"])
    rows.append(list(rows[-1]))
    rows.append(["777777", "Certification Exam", "05/06/2026", "passed"])
    rows.append([rows[1][0], "Certification Exam", "11/30/2027", "passed"])
    text = "".join(",".join(row) + "\n" for row in rows)
    path.write_bytes(text.encode("utf-8-sig"))
    return path


def _logins(path: Path, frame: pd.DataFrame, chance: random.Random) -> Path:
    """Parquet, one row a login with the time of day; the first is a milestone."""
    users, times = [], []
    hits = frame[(frame["event"] == "milestone") & (frame["name"] == "first_login")]
    gone = {member: _spells(own)[-1][1] for member, own in frame.groupby("member_id")}
    for member, day in zip(hits["member_id"], hits["date"], strict=True):
        last = pd.Timestamp(gone[member] or EXPORTED) - pd.Timedelta(days=1)
        moment = day + pd.Timedelta(hours=9)
        while moment <= last or moment.normalize() == day:
            users.append(member)
            times.append(moment)
            moment += pd.Timedelta(hours=chance.randrange(24, 24 * 40))
    pd.DataFrame({"user_id": users, "login_at": pd.to_datetime(times)}).to_parquet(path, index=False)
    return path


def _tickets(path: Path, frame: pd.DataFrame) -> Path:
    """Tab-separated dates year first with times; ids with blanks around them."""
    words = {"setback": "Ticket opened", "resolved": "Ticket closed", "escalated": "Escalated to manager"}
    rows = [["Account", "Created at", "Activity"]]
    for member, day, event in zip(frame["member_id"], frame["date"], frame["event"], strict=True):
        if event in words:
            rows.append([f" {member} ", f"{day:%Y-%m-%d} 10:15", words[event]])
        elif event == "joined":
            rows.append([member, f"{day:%Y-%m-%d} 11:00", "Newsletter"])
    path.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
    return path


def _survey(path: Path, frame: pd.DataFrame, chance: random.Random) -> Path:
    """A question asked a month after joining, from 0 to 10."""
    rows = [["member", "response date", "NPS"]]
    for member, own in frame.groupby("member_id"):
        joined, left = _spells(own)[0]
        day = joined + dt.timedelta(days=30)
        if day < (left or EXPORTED):
            rows.append([member, day.isoformat(), str(chance.randrange(11))])
    path.write_text("".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
    return path
