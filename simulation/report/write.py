"""Write a report: tables, figures and one page that opens anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulation.report import members, outcome, teams, trust
from simulation.report.answer import answer
from simulation.report.background import Background
from simulation.report.board import board
from simulation.report.csvfile import write_bytes, write_csv
from simulation.report.gallery import DRAWINGS, Gallery
from simulation.report.page import Page, Section, rendered
from simulation.report.tables import summary_tables
from simulation.report.words import day, number

if TYPE_CHECKING:
    from simulation.forecast import Forecast
    from simulation.progress import Progress

__all__ = ["write_report"]

RANGES = "Every range holds 80% of the simulated futures: one in ten ends lower, one in ten higher."


def write_report(
    forecast: Forecast,
    folder: Path,
    *,
    progress: Progress | None = None,
    warnings: Sequence[str] = (),
    book: Mapping[str, Any] | None = None,
    background: Background | None = None,
) -> list[Path]:
    """Write report.html, tables/*.csv and figures/*.png; each file appears complete or not at all.

    Parameters
    ----------
    forecast
        What to report.
    folder
        Where to; made when it does not exist. Other files in it stay.
    progress
        Called with (steps done, steps in all).
    warnings
        What was noticed about the scenario and its book.
    book
        What the book was, without its rows: members, arr, sha256 and left_out {members, arr, arr_unknown}.
    background
        What lies beside the run: its plan, the run before, the track record.

    Returns
    -------
    list of Path
        The files written, report.html first.

    Raises
    ------
    OSError
        When a file cannot be written.
    """
    folder = Path(folder)
    steps = _Steps(progress, len(DRAWINGS) + 2)
    gallery = Gallery(forecast, steps.done)
    tables = summary_tables(forecast)
    steps.done()
    page = rendered(_page(forecast, gallery, warnings, book, background or Background()))
    files = [folder / "report.html"]
    write_bytes(files[0], page.encode())
    for name, table in tables.items():
        files.append(folder / "tables" / f"{name}.csv")
        write_csv(files[-1], table)
    for name, picture in gallery.png.items():
        files.append(folder / "figures" / f"{name}.png")
        write_bytes(files[-1], picture)
    steps.done()
    return files


class _Steps:
    """Counts the steps of a report."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self.progress, self.total, self.count = progress, total, 0

    def done(self) -> None:
        self.count += 1
        if self.progress is not None:
            self.progress(self.count, self.total)


def _page(
    forecast: Forecast,
    gallery: Gallery,
    warnings: Sequence[str],
    book: Mapping[str, Any] | None,
    background: Background,
) -> Page:
    frame, facts = forecast.frame, forecast.facts
    first_page = board(forecast, gallery, background)
    details = [
        outcome.objectives(forecast),
        outcome.figures(forecast),
        outcome.development(gallery),
        outcome.way_of_arr(forecast, gallery),
        outcome.milestones(forecast),
        members.adoption(forecast, gallery),
        members.course(gallery),
        teams.load(forecast, gallery),
        teams.work(forecast),
        members.renewal(forecast, gallery),
    ]
    checks = [trust.stated(forecast), trust.luck(forecast, gallery), trust.assumptions(forecast)]
    left_out = [part for part in (*details, *checks) if isinstance(part, str)]
    first = answer(forecast)
    notices = [*([first.caution] if first.caution else []), *_left_out(book, frame.currency)]
    notices += [*warnings, *forecast.warnings]
    last = frame.start + timedelta(days=frame.days - 1)
    futures = "one simulated future" if forecast.replications == 1 else f"{forecast.replications:,} simulated futures"
    return Page(
        title=f"{facts.name}: {forecast.label}" if forecast.label else facts.name,
        description=facts.description,
        subtitle=f"{day(frame.start)} to {day(last)}, {futures}, money in {frame.currency}",
        headline=first.headline,
        points=(),
        objectives=(),
        hint=RANGES if forecast.replications > 1 else "",
        notices=notices,
        sections=[part for part in details if isinstance(part, Section)],
        footer=f"Made by membersim {forecast.version} with seed {forecast.seed}. "
        "A forecast says what follows from its assumptions; it does not know the future.",
        tiles=first.tiles,
        board=first_page,
        appendix=[
            *(part for part in checks if isinstance(part, Section)),
            trust.method(forecast, book, left_out),
        ],
    )


def _left_out(book: Mapping[str, Any] | None, currency: str) -> list[str]:
    """Say how much of the book quarantine left out."""
    out = {} if book is None else book.get("left_out", {})
    if book is None or not out.get("members"):
        return []
    total = out["members"] + book["members"]
    text = (
        f"Left out: {out['members']:,} of the {total:,} rows of the book could not be used, with "
        f"{number(out['arr'], 'money', currency)} of ARR beside the {number(book['arr'], 'money', currency)} that is "
        "simulated."
    )
    if out.get("arr_unknown"):
        text += f" The ARR of {out['arr_unknown']:,} of these rows cannot be read."
    return [text]
