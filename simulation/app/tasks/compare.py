"""Compare a scenario with what-ifs on the same futures: a first answer at once, then a sharper one each time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from simulation.app.jobs.job import Picture, Tell
from simulation.app.tasks.plan import plan_of, store_of
from simulation.app.tasks.refining import targets
from simulation.app.tasks.told import sections_of

if TYPE_CHECKING:
    from simulation.experiment.comparison import Comparison
    from simulation.forecast import Forecast

__all__ = ["MEASURES", "compared", "picture_of", "work"]

MEASURES = (
    "arr", "members", "contribution", "revenue", "cost", "new", "expansion", "churn", "nrr", "renewal_rate",
    "on_track_share", "reached", "taken", "wait",
)  # fmt: skip
"""Measures that are compared, the first ones first."""
FANS = ("arr", "members", "contribution", "expansion", "churn")


def work(request: Mapping[str, Any], tell: Tell) -> Picture:
    """Compare the scenario of a request with `what_ifs`, each a mapping with name, scenario and overlay.

    `replications` futures with `seed`; `measure` is what is decided by.
    """
    wanted, measure = int(request["replications"]), str(request["measure"])
    return picture_of(compared(request, tell, lambda one: picture_of(one, measure, wanted)), measure, wanted)


def compared(
    request: Mapping[str, Any], tell: Tell, picture: Callable[[Comparison], Picture] | None = None
) -> Comparison:
    """Simulate the futures of a comparison, and tell a picture at 4, 8, 16, ... of them.

    Parameters
    ----------
    picture
        Makes one; None tells none on the way.
    """
    import simulation as sim
    from simulation.experiment.compare import books_of, loaded
    from simulation.experiment.comparison import Comparison

    plans = loaded(plan_of(request), {str(one["name"]): plan_of(one) for one in request["what_ifs"]})
    books = books_of(plans)
    wanted, seed = int(request["replications"]), int(request.get("seed", 1))
    total = wanted * len(plans)
    done: dict[str, Forecast] = {}
    for target in targets(wanted) if picture is not None else [wanted]:
        for name, plan in plans.items():
            before = sum(one.replications for one in done.values())
            have = done[name].replications if name in done else 0

            def watch(part: int, missing: int, before: int = before, more: int = target - have) -> None:
                tell.progress(before + max(0, more - missing) + part, total)

            done[name] = sim.run(
                plan, replications=target, seed=seed, book=books[name], kept=done.get(name), store=store_of(),
                progress=watch,
            )  # fmt: skip
        if target < wanted and picture is not None:
            tell.picture(picture(Comparison(done)))
    tell.progress(total, total)
    return Comparison(done)


def picture_of(comparison: Comparison, measure: str, wanted: int) -> dict[str, Any]:
    """What the page shows of a comparison.

    Returns
    -------
    dict
        names of the alternatives, currency, periods (month, quarter or week), replications, wanted, measure; headline
        and points as `report.comparison_words.verdict` writes them, those that are not about the measure in a section
        as of `told`; table, that of `Comparison.table` with its index as columns; chances, that of
        `Comparison.objectives` likewise; targets, what each objective of the scenario asks for, in words; and bands:
        measure -> alternative -> table of `experiment.courses.difference_bands`.
    """
    from simulation.experiment.courses import difference_bands
    from simulation.experiment.payback import payback
    from simulation.report.answer import wishes
    from simulation.report.comparison_words import verdict
    from simulation.report.fans import period_word
    from simulation.report.page import Section, Text

    names = list(comparison.alternatives)
    said = verdict(comparison, measure, {one: payback(comparison, one) for one in names}, comparison.best(measure))
    first = len(names) if len(names) > 1 else 0  # with one alternative the headline says it
    more = Section("more", "More about it", [Text(one) for one in (*said.points[first:], *said.objectives)])
    return {
        "names": names,
        "currency": comparison.base.frame.currency,
        "periods": period_word(comparison.base),
        "replications": comparison.replications,
        "wanted": wanted,
        "measure": measure,
        "headline": said.headline,
        "points": list(said.points[:first]),
        "sections": sections_of([more]),
        "table": comparison.table(MEASURES).reset_index(),
        "chances": comparison.objectives().reset_index(),
        "targets": {one.key: one.target for one in wishes(comparison.base)},
        "bands": {one: {name: difference_bands(comparison, one, name) for name in names} for one in FANS},
    }
