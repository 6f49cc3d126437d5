"""`membersim score`: how good archived forecasts were, now that the actuals have come."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from simulation.cli.backtest import Form, history_in
from simulation.cli.folder import publish, run_facts
from simulation.cli.outcome import prepare
from simulation.cli.reading import Columns, Exported, LeaveOut, Query, Table
from simulation.cli.runs import ARCHIVE, ArchiveFolder, archived, opened, refusals
from simulation.cli.screen import SCREEN, BadInput, Screen
from simulation.cli.tables import records

if TYPE_CHECKING:
    from simulation.evidence.archive import Entry, Scored

__all__ = ["score"]

RECORD = "score.json"


def score(
    run: str,
    actuals: str,
    /,
    *,
    form: Annotated[Form, Parameter(name="--as")] = "events",
    columns: Columns = None,
    table: Table = None,
    query: Query = None,
    exported: Exported = None,
    quarantine: LeaveOut = False,
    archive: ArchiveFolder = ARCHIVE,
    out: Path | None = None,
    screen: Screen = SCREEN,
) -> None:
    """Score archived forecasts, and the human calls beside them, against what came.

    Parameters
    ----------
    run
        The id of an archived forecast, the folder of its run, or `all`.
    actuals
        The history since then: a file or the URL of a database.
    form
        What kind of table the actuals are; see `membersim backtest`.
    out
        Folder to write to; reports/score by default.
    """
    from simulation.evidence.archive import ArchiveError, score_entry
    from simulation.report.backtest_archive import scores_table, summary_table

    place = opened(archive)
    found: list[tuple[Entry, list[Scored]]] = []
    skipped: list[str] = []
    with refusals():
        if run == "all":
            names = [one["id"] for one in place.entries() if one["kind"] == "forecast"]
            if not names:
                raise BadInput(f"nothing is archived in {archive}; to archive a run: membersim runs reports/<name>")
        else:
            if Path(run).exists() and not any(one["kind"] == "forecast" for one in place.entries()):
                screen.note(f"{run} was not archived before: its score is no proof that it was made before the fact.")
            names = [archived(place, run)[0]]
        read = history_in(
            actuals, form, None, columns=columns, table=table, query=query, exported=exported, quarantine=quarantine
        )
        for name in names:
            entry = place.load(name)
            try:
                found.append((entry, score_entry(place, entry, read)))
            except ArchiveError as error:
                if run != "all":
                    raise
                skipped.append(f"{name}: {error}")
    if not found:
        raise BadInput("no archived forecast can be scored yet: " + "; ".join(skipped))
    folder = out or Path("reports", "score")
    prepare(folder)
    scores = scores_table(found)
    facts: dict[str, Any] = {
        "actuals": read.fingerprint,
        "entries": [entry.id for entry, _ in found],
        "skipped": skipped,
        "summary": records(summary_table(scores).set_index("measure")),
    }
    record = {**run_facts(), "finished": datetime.now(UTC).isoformat(timespec="seconds"), **facts}

    def fill(staging: Path) -> None:
        from simulation.report.backtest_archive import write_scores

        write_scores(found, skipped, staging)

    files = publish(folder, fill, record, RECORD)
    rows = [
        (
            row["measure"],
            row["by"],
            str(row["n"]),
            f"{row['inside_80%']:.0%}",
            f"{row['bias']:+,.1f}",
            f"{row['crps']:,.1f}",
        )
        for row in facts["summary"]
    ]
    screen.table("", ("measure", "by", "values", "in 80% band", "bias", "CRPS"), rows, text=(0, 1))
    for text in skipped:
        screen.note(f"Not scored: {text}")
    screen.show(f"How good our forecasts have been: {folder / 'report.html'}")
    screen.result({**facts, "folder": folder, "files": files})
