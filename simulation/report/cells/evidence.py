"""Cards and pictures of evidence: what happened, what it tells, where members stand, how good forecasts were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulation.report.amounts import amount
from simulation.report.cells.card import Card
from simulation.report.words import day, name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from simulation.evidence.attribution import Attribution
    from simulation.evidence.backtest.casts import Backtest
    from simulation.evidence.calibrate import Calibration
    from simulation.evidence.filter import Reliability, Vectors
    from simulation.evidence.fit import Fit
    from simulation.evidence.history import History


def _history(history: History) -> Card:
    frame = history.frame
    counts = frame["event"].value_counts(sort=False)
    rows = [
        [name(str(event)), f"{count:,}", f"{frame.loc[frame['event'] == event, 'member_id'].nunique():,}"]
        for event, count in counts.items()
        if count
    ]
    said = [f"{history.members:,} members, {len(history):,} rows."]
    if history.first_day is not None and history.last_day is not None:
        said[0] = f"{said[0][:-1]}, {day(history.first_day)} to {day(history.last_day)}."
    return Card(f"What happened ({history.source})" if history.source else "What happened", [*said, *history.warnings],
                ("event", "rows", "members"), rows)  # fmt: skip


def _fit(found: Fit) -> Card:
    from simulation.report.fit import interval, shown, warnings

    told = [one for one in (*found.quantities, *found.identified) if one.how != "prior"]
    words = {"seen": "seen directly", "simulated": "told by simulation"}
    rows = [[one.name, shown(one, one.median), interval(one), words[one.how]] for one in told]
    kept = [one.name for one in found.quantities if one.how == "prior"]
    said = [f"{found.members:,} members, {day(found.start)} to {day(found.end)}.", *warnings(found)]
    if kept:
        said.append(f"Hardly told, these keep about their priors: {', '.join(kept)}.")
    note = "Intervals hold 90%. The numbers go together: draws set them jointly."
    return Card("What the history tells", said, ("number", "fitted", "90% interval", "from"), rows, note)


def _narrowing(found: Fit) -> Figure:
    from simulation.report.fit import narrowing

    return narrowing(found)


def _calibration(found: Calibration) -> Card:
    from simulation.scenario.schema.objective import KNOWN_MEASURES

    currency, rows = found.scenario.currency, []
    for one in found.facts:
        kind = KNOWN_MEASURES[one.path.rpartition(".")[2]].name
        low, high, before, after, p10, p90, misfit = (
            amount(value, kind, currency)
            for value in (one.low, one.high, one.before, one.after, one.p10, one.p90, one.misfit)
        )
        known = low if one.low == one.high else f"{low} to {high}"
        rows.append(
            [one.path, known, before, after, f"{p10} to {p90}", "reproduced" if one.reproduced else f"off by {misfit}"]
        )
    kept = [one.unknown.path for one in found.found if one.stays_prior]
    said = [f"{sum(one.reproduced for one in found.facts)} of {len(found.facts)} known facts are reproduced."]
    said += [f"They say next to nothing about {', '.join(kept)}."] if kept else []
    heads = ("known", "range", "before", "draws give", "10% to 90%", "")
    return Card(f"What is known, and what {found.checked} futures of the draws give", said, heads, rows)


def _vectors(found: Vectors) -> Card:
    from simulation.report.vectors import COURSES

    rows = []
    for segment, part in found.table.groupby("segment", observed=True):
        shares = [f"{float(part[column].mean()):.0%}" for column, _, _ in COURSES]
        soon, renew = f"{float(part['next_90'].sum()):,.0f}", f"{float(part['renews'].mean()):.0%}"
        rows.append([name(str(segment)), f"{len(part):,}", *shares, soon, renew])
    said = []
    if len(found.unexplained):
        said.append(f"{len(found.unexplained):,} members have something in their history that the scenario excludes.")
    heads = ("segment", "members", *(words for _, words, _ in COURSES), "next milestone in 90 days", "renew")
    note = "Shares and numbers are sums of each member's probability. Member by member: .table."
    return Card(f"Where the members stand on {day(found.as_of)}", said, heads, rows, note)


def _courses(found: Vectors) -> Figure:
    from simulation.report.vectors import courses

    return courses(found)


def _reliability(found: Reliability) -> Card:
    from simulation.report.reliability import HEADS, reliability_rows, reliable

    return Card("Do stated chances come true?", [reliable(found)], HEADS, reliability_rows(found))


def _curves(found: Reliability) -> Figure:
    from simulation.report.reliability import reliability_curves

    return reliability_curves(found)


def _backtest(found: Backtest) -> Card:
    from simulation.evidence.backtest.observed import MEASURES
    from simulation.evidence.backtest.verdict import HOLDS, overall, verdicts

    rows = [[MEASURES[one.measure].title, HOLDS[one.holds], one.words] for one in verdicts(found)]
    heads = ("measure", "holds", "verdict")
    origins = f"{day(found.origins[0])} to {day(found.origins[-1])}" if found.origins else "none"
    note = f"{len(found.origins)} past days ({origins}), {found.steps} steps of {found.step} months each."
    return Card("Was it right before?", [overall(found)], heads, rows, note, words=3)


def _fan_against_actuals(found: Backtest, measure: str | None) -> Figure:
    from simulation.report.backtest_figures import fan_against_actuals

    if measure is not None and measure not in found.measures:
        raise ValueError(f"{measure!r} was not scored; there are {', '.join(found.measures)}")
    return fan_against_actuals(found, measure or found.measures[0])


def _attribution(found: Attribution) -> Card:
    from simulation.report.attribution import CAUSES, answer, cause_rows, luck

    return Card("Why it was missed", [answer(found), luck(found)], CAUSES, cause_rows(found))


def _causes(found: Attribution) -> Figure:
    from simulation.report.attribution import causes

    return causes(found)


CARDS: dict[str, Any] = {
    "History": _history, "Fit": _fit, "Calibration": _calibration, "Vectors": _vectors, "Backtest": _backtest,
    "Attribution": _attribution, "Reliability": _reliability,
}  # fmt: skip
PICTURES: dict[str, Any] = {
    "Fit": _narrowing, "Vectors": _courses, "Backtest": _fan_against_actuals, "Attribution": _causes,
    "Reliability": _curves,
}  # fmt: skip
