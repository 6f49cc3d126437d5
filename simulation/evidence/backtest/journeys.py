"""Renewal and take of segments with a journey: shifted by how far a simulated past year was from what came."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from simulation.evidence.backtest.fitters import DRAWS, Draft, rebased
from simulation.evidence.backtest.spells import next_months, spells_of
from simulation.evidence.history import CODE

if TYPE_CHECKING:
    from simulation.evidence.history import History
    from simulation.forecast import Forecast
    from simulation.scenario import Scenario

__all__ = ["shift"]

YEAR = 12
FUTURES = 8
LEAST = 10
"""Fewer outcomes than this do not move a number of the scenario."""
FARTHEST = 3.0
"""Logit points by which a number is moved at most."""


def shift(draft: Draft, past: History, scenario: Scenario, origin: dt.date, seed: int) -> None:
    """Shift the renewal and take probabilities of a draft so that a simulated year is like the one before the origin.

    What is stated of a scenario is not what is realised: those who come to a milestone are faster than average, and
    penalties lower renewal. So the shift is measured on the model itself: it starts from the members of a year ago,
    and its rates are compared with those that came. The draft's shifts are as uncertain as the rates that came.
    """
    import simulation as sim
    from simulation.evidence.backtest import laws
    from simulation.evidence.history.today import book_of
    from simulation.scenario import from_mapping

    since = next_months(origin, -YEAR)
    if past.begins is None or past.begins >= since:  # on its first day nothing is known of journeys
        draft.notes.append("No more than a year is past: renewal and take stay as the scenario has them.")
        return
    tree = rebased(scenario, since, YEAR)
    tree["assumptions"] = {}
    for name, segment in draft.tree["segments"].items():
        # Those who joined in that year are simulated too: at the pace that was just measured.
        tree["segments"][name]["arrivals"] = segment["arrivals"]
    year_ago = from_mapping(tree, folder=scenario.root, allow_outside=True)
    book = book_of(past.as_of(since), year_ago, since)
    forecast = sim.run(year_ago, replications=FUTURES, seed=seed, book=book)
    for name in scenario.segments:
        if laws.is_plain(scenario, name):
            continue
        _renewal(draft, forecast, name, past, scenario, since, origin)
        for milestone, one in scenario.segments[name].journey.items():
            if one.opportunity is not None:
                _take(draft, forecast, name, milestone, float(one.opportunity.take), past, since)


def _renewal(
    draft: Draft, forecast: Forecast, name: str, past: History, scenario: Scenario, since: dt.date, origin: dt.date
) -> None:
    """Shift the renewal probability of a segment."""
    won, gone = _renewals(past, name, scenario, since, origin)
    rate = _mean(forecast, "renewal_rate", segment=name)
    place = f"segments.{name}.renewal.probability"
    if not 0 < rate < 1:
        draft.notes.append(f"{name}: all simulated renewals of the year before ended alike; its probability stands.")
        return
    # The end of a term is not known of who was there when the record began and left before renewing. So leaving
    # during a term is taken to be what the scenario says, and the others who left lost a renewal.
    lost = max(gone - _during_terms(forecast, name, rate), 0.0)
    due = won + lost
    if due < LEAST:
        draft.notes.append(f"{name}: {due:.0f} renewals in the year before; the scenario's probability stands.")
        return
    node = draft.tree["segments"][name].get("renewal", {})
    stated = scenario.segments[name].renewal.probability
    shifts = _shifts(draft, won, lost, rate)
    said = f"{name}: renewal {won / due:.1%} of {due:.0f} in the year before, simulated {rate:.1%}"
    if stated.is_constant:
        draft.set(place, [_moved(float(stated.value), one) for one in shifts])
    elif stated.family == "beta":
        a, b = stated.parameter("a"), stated.parameter("b")
        node["probability"] = {"beta": {}}
        means = np.array([_moved(a / (a + b), one) for one in shifts])
        draft.set(f"{place}.beta.a", means * (a + b))
        draft.set(f"{place}.beta.b", (1 - means) * (a + b))
    else:
        draft.notes.append(f"{said}; its probability is {stated.family} and stays.")
        return
    draft.notes.append(f"{said}; shifted by {shifts.mean():+.2f} logit points.")


def _during_terms(forecast: Forecast, name: str, rate: float) -> float:
    """Simulated leavings that are no lost renewals, a year."""
    left, won = (_mean(forecast, measure, segment=name) for measure in ("left", "renewals_won"))
    return max(left - won * (1 - rate) / rate, 0.0)


def _renewals(past: History, name: str, scenario: Scenario, since: dt.date, origin: dt.date) -> tuple[int, int]:
    """Renewals won in the year before the origin, and how many left."""
    terms = {one: segment.term for one, segment in scenario.segments.items()}
    spells = spells_of(past, terms, origin)
    gone = spells.of(spells.segment == name).end >= np.datetime64(since, "D")
    rows = np.isin(past.codes, [CODE["renewed"], CODE["recovered"]])
    rows &= past.frame["date"].to_numpy() >= np.datetime64(since, "us")
    places = past.by_member()
    if len(places.segments) > 1:
        rows &= (np.array([*places.segments, ""], object)[places.segment] == name)[past.member]
    return int(rows.sum()), int(gone.sum())


def _take(
    draft: Draft, forecast: Forecast, name: str, milestone: str, stated: float, past: History, since: dt.date
) -> None:
    """Shift the take probability of a milestone's opportunity, which the scenario states."""
    frame, codes = past.frame, past.codes
    own = (frame["name"] == milestone).to_numpy() & (frame["date"].to_numpy() >= np.datetime64(since, "us"))
    if len(past.by_member().segments) > 1:
        places = past.by_member()
        own &= (np.array([*places.segments, ""], object)[places.segment] == name)[past.member]
    taken, declined = (int((own & (codes == CODE[event])).sum()) for event in ("taken", "declined"))
    rate = _mean(forecast, "take_rate", segment=name, milestone=milestone)
    # Those few who come there in the simulated year are the fastest, and take more than the others.
    decided = _mean(forecast, "taken", segment=name, milestone=milestone) / rate if rate > 0 else 0.0
    if min(taken + declined, decided) < LEAST or not 0 < stated < 1 or not 0 < rate < 1:
        return
    shifts = _shifts(draft, taken, declined, rate)
    draft.set(f"segments.{name}.journey.{milestone}.opportunity.take", [_moved(stated, one) for one in shifts])
    draft.notes.append(
        f"{name}, {milestone}: take {taken / (taken + declined):.1%} of {taken + declined}, simulated {rate:.1%}."
    )


def _shifts(draft: Draft, yes: float, no: float, simulated: float) -> Any:
    share = np.clip(draft.rng.beta(yes + 0.5, no + 0.5, DRAWS), 1e-4, 1 - 1e-4)
    return np.clip(np.log(share / (1 - share)) - math.log(simulated / (1 - simulated)), -FARTHEST, FARTHEST)


def _moved(probability: float, by: float) -> float:
    inside = min(max(probability, 1e-6), 1 - 1e-6)
    return 1 / (1 + math.exp(-(math.log(inside / (1 - inside)) + by)))


def _mean(forecast: Forecast, measure: str, **where: Any) -> float:
    values = forecast.measure(measure, **where).to_numpy()
    values = values[~np.isnan(values)]
    return float(values.mean()) if len(values) else math.nan
