"""What `membersim compare` tells: the record of a comparison, the answer, and the short tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulation.cli.folder import data_read, relative, run_facts
from simulation.cli.screen import Screen
from simulation.cli.tables import records

if TYPE_CHECKING:
    from simulation.experiment.borrowed import Borrowed
    from simulation.experiment.comparison import Comparison
    from simulation.scenario import Scenario

__all__ = ["precision_of", "record_of", "shown"]

COLUMNS = ("", "base", "difference", "95% interval", "P10", "P90", "better", "variance ÷")
HEADLINES = (
    "members", "arr", "nrr", "renewal_rate", "expansion", "churn", "hours", "revenue", "fees", "cost", "contribution",
)  # fmt: skip


def record_of(
    plans: Mapping[str, Scenario], comparison: Comparison, folder: Path, command: str, interrupted: bool, seconds: float
) -> dict[str, Any]:
    """Everything that says what was compared."""
    return {
        **run_facts(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "interrupted": interrupted,
        "seed": comparison.base.seed,
        "replications": comparison.replications,
        "command": command,
        "scenarios": [
            {
                "name": name,
                "digest": plan.digest(),
                "root": relative(plan.root, folder),
                "scenario": comparison.forecasts[name].facts.yaml,
                "data": data_read(plan),
            }
            for name, plan in plans.items()
            if name in comparison.forecasts
        ],
    }


def precision_of(comparison: Comparison, asked: float, measure: str, most: int) -> dict[str, Any]:
    """How precise a comparison was to be, and how precise it is: in the alternative where it is least."""
    from simulation.experiment.compare import Goal

    reached = Goal(asked, measure, most).reached(comparison)
    return {"asked": asked, "reached": reached, "measure": measure, "most": most}


def _reached(goal: Mapping[str, Any], replications: int) -> str:
    from simulation.forecast.measures import measure_named

    known = f"After {replications:,} futures of each the mean difference in {measure_named(goal['measure']).title}"
    if goal["reached"] <= goal["asked"]:
        return f"{known} is known within {goal['reached']:.2%} in every alternative, as asked."
    how = f"only within {goal['reached']:.2%}" if goal["reached"] < float("inf") else "not even roughly"
    allowed = "; --max-replications allows more" if replications >= goal["most"] // 2 * 2 else ""
    return f"{known} is known {how} in some alternative, not within {goal['asked']:.2%} as asked{allowed}."


def shown(
    comparison: Comparison,
    measure: str,
    rests_on: Mapping[str, Borrowed],
    folder: Path,
    files: Sequence[Path],
    goal: Mapping[str, Any] | None,
    screen: Screen,
) -> dict[str, Any]:
    """Show the answer and the short tables, and return the same, and more, for programs.

    `goal` is what `precision_of` found; None where no precision was asked for.
    """
    from simulation.experiment.payback import payback
    from simulation.report.borrowed import borrowed_sentence, borrowed_table
    from simulation.report.comparison_words import verdict

    table, currency = comparison.table(), comparison.base.frame.currency
    best = comparison.best(measure)
    said = verdict(comparison, measure, {one: payback(comparison, one) for one in comparison.alternatives}, best)
    sentences = [said.headline, *said.points, *said.decided, *said.objectives]
    sentences += [borrowed_sentence(name, one, measure, currency) for name, one in rests_on.items()]
    sentences += [] if goal is None else [_reached(goal, comparison.replications)]
    for name, other in comparison.alternatives.items():
        title = f"{other.facts.name} against {comparison.base.facts.name}"
        title += f": {comparison.replications:,} futures, whole horizon"
        rows = [_row(row, currency) for row in records(table.loc[[name]]) if row["measure"] in HEADLINES]
        screen.table(title, COLUMNS, rows)
    for sentence in sentences:
        screen.show(sentence)
    screen.show(f"Report: {folder / 'report.html'}")
    return {
        "answer": sentences,
        "base": comparison.base.facts.name,
        "alternatives": {name: one.facts.name for name, one in comparison.alternatives.items()},
        "replications": comparison.replications,
        "seed": comparison.base.seed,
        "folder": folder,
        "files": list(files),
        "best": {
            "measure": measure,
            "leader": None if best is None else best.leader,
            "established": best is not None and best.established,
            "rivals": () if best is None else best.rivals,
        },
        "differences": records(table),
        "objectives": records(comparison.objectives()),
        "rests_on": records(borrowed_table(rests_on)) if rests_on else [],
    }


def _row(row: Mapping[str, Any], currency: str) -> tuple[str, ...]:
    from simulation.forecast.measures import measure_named
    from simulation.report.comparison_words import amount, interval
    from simulation.report.words import number

    what = measure_named(row["measure"])
    width, spread = row["high"] - row["low"], row["P90"] - row["P10"]
    factor = row["factor"]
    return (
        what.title,
        number(row["base"], what.unit, currency, width),
        amount(row["mean"], what.unit, currency, width),
        interval(row["low"], row["high"], what.unit, currency),
        *(amount(row[one], what.unit, currency, spread) for one in ("P10", "P90")),
        number(row["better"], "share"),
        "exact" if factor > 1e6 else number(factor, "ratio"),
    )
