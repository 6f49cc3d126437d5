"""Make the books of the shipped scenarios again: python -m tests.scenarios.make_books [hundred_members] [association].

Neither book is real. That of `hundred_members` is arithmetic. That of `association` is a snapshot: the members alive
after 15 years of the same scenario, from nobody at all, with the same team and interventions and dues in today's money.
The same sources and seed give the same bytes.
"""

from __future__ import annotations

import csv
import io
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
MONTH = 365.25 / 12
SEED = 2027
YEARS = 15
FIRST_RATE = 58.5  # joiners per month 15 years ago, and their growth, for 5,000 members today
GROWTH = "3% per year"
UNKNOWN_MILESTONE = 0.08  # share of the rows in which a real export would not say it


def hundred_members() -> str:
    """Write 100 members who hit the milestone ahead at day 0.15, 0.45, ..., 29.85: the work ahead is 2 pace-months."""
    rows = [
        (
            f"M-{n + 1:03d}",
            "members",
            5000,
            "2026-07-01",
            "2027-07-01",
            "onboarded",
            f"{2 - 0.3 * (n + 0.5) / MONTH:.6f}",
            0,
            1,
        )
        for n in range(100)
    ]
    header = ("member_id", "segment", "arr", "joined", "renews_on", "milestone", "progress", "direction", "magnitude")
    return _csv(header, rows)


def association() -> str:
    """Write a snapshot of the association's members on its first day."""
    header = ("member_id", "segment", "arr", "joined", "renews_on", "milestone", "progress", "value_recognised_on")
    return _csv(header, snapshot(SCENARIOS / "association.yaml"))


def snapshot(path: Path, **overlay: Any) -> list[tuple[object, ...]]:
    """Rows of those who are members at the scenario's start, after its history was simulated."""
    from simulation.engine.compiled import CompiledEngine
    from simulation.engine.plan import make_plan
    from simulation.scenario import load

    history = {
        "start": date(2027 - YEARS, 1, 1),
        "horizon": f"{YEARS * 12} months",
        "book": None,
        "assumptions": None,
        "objectives": None,
        "segments": {"individual": {"arrivals": {"per_month": FIRST_RATE, "growth": GROWTH}, "price": None}},
    }
    scenario = load(path, overlays=[history, *([overlay] if overlay else [])])
    engine = CompiledEngine(make_plan(scenario))
    memory = engine.run(SEED, 0)
    members = memory.arrays["member"][: memory.world["n_members"]]
    members = members[members["present"] != 0]
    members = members[np.lexsort((members["key"], members["since"]))]
    luck = np.random.default_rng(SEED)
    journey = list(scenario.segments["individual"].journey)
    end = float(scenario.days)
    rows: list[tuple[object, ...]] = []
    for number, m in enumerate(members):
        progress = max(0.0, float(m["done"] + m["vel"] * (end - m["t"]) / MONTH)) if np.isfinite(m["need"]) else 0.0
        milestone = journey[m["next"] - 1] if m["next"] else "none"
        known = luck.random() >= UNKNOWN_MILESTONE
        value_on = _day(scenario.start, m["last_recognised"]) if m["recognised"] else ""
        rows.append(
            (
                f"A-{10000 + number}",
                "individual",
                f"{m['arr'] / 100:.2f}",
                _day(scenario.start, m["since"]),
                _day(scenario.start, m["due"]),
                milestone if known else "",
                f"{progress:.2f}" if known else "",
                value_on if known else "",
            )
        )
    return rows


def _day(start: date, days: float) -> str:
    return (start + timedelta(days=int(np.floor(days)))).isoformat()


def _csv(header: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def main(names: list[str]) -> None:
    """Write the named books, or both."""
    makers = {"hundred_members": hundred_members, "association": association}
    for name in names or list(makers):
        path = SCENARIOS / "data" / f"{name}_book.csv"
        path.write_text(makers[name](), "utf-8")
        print(path, sum(1 for _ in path.open()) - 1, "members")


if __name__ == "__main__":
    main(sys.argv[1:])
