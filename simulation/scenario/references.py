"""What one part of a scenario says of another: names that must exist, dates and numbers that must agree.

Names are checked on the plain tree, so that they are reported in the same pass as everything else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from simulation.scenario.errors import Misfit, Step, one_of, shown
from simulation.scenario.provenance import read_provenance
from simulation.scenario.quantities import TERM, WHOLE, parse
from simulation.scenario.schema import Intervention, Known, Scenario
from simulation.scenario.schema.base import read_day
from simulation.scenario.schema.objective import KNOWN_MEASURES, OF_MILESTONES, OF_SEGMENTS, read_known
from simulation.scenario.units import YEAR

_ORDER = ("adoption", "value", "growth")
_IDLE = "the team {name} has no people within the horizon, and has work here"

Part = tuple[tuple[Step, ...], str, bool]


def wrong(tree: Mapping[str, Any]) -> list[Part]:
    """References in a plain tree to segments, milestones and teams that do not exist."""
    return list(_wrong(tree))


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _several(value: object) -> list[tuple[tuple[Step, ...], object]]:
    if isinstance(value, (list, tuple)):
        return [((place,), item) for place, item in enumerate(value)]
    return [] if value is None else [((), value)]


def _check(steps: tuple[Step, ...], name: object, known: list[str], what: str, key: bool = False) -> Iterator[Part]:
    if isinstance(name, str) and name not in known:
        yield steps, f"there is no {what} {shown(name)}: {one_of(known, name)}", key


def _wrong(tree: Mapping[str, Any]) -> Iterator[Part]:
    segments = _map(tree.get("segments"))
    names, teams = [str(name) for name in segments], [str(name) for name in _map(tree.get("teams"))]
    for name, segment in segments.items():
        yield from _stages(("segments", name, "journey"), _map(_map(segment).get("journey")))
        yield from _dates(("segments", name, "price", "changes"), _map(_map(segment).get("price")).get("changes"))
        advocacy = _map(_map(segment).get("advocacy"))
        yield from _check(("segments", name, "advocacy", "segment"), advocacy.get("segment"), names, "segment")
    for name, intervention in _map(tree.get("interventions")).items():
        at = ("interventions", name)
        spec = _map(intervention)
        yield from _check((*at, "team"), spec.get("team"), teams, "team")
        yield from _idle(tree, (*at, "team"), spec.get("team"))
        audience = _map(spec.get("who")).get("segments")
        for inner, wanted in _several(audience):
            yield from _check((*at, "who", "segments", *inner), wanted, names, "segment")
        chosen = [str(wanted) for _, wanted in _several(audience) if wanted in names] or names
        yield from _milestones(at, spec, _journeys(segments, chosen))
    quota = _map(_map(tree.get("selling")).get("quota"))
    yield from _check(("selling", "quota", "team"), quota.get("team"), teams, "team")
    for inner, wanted in _several(quota.get("segments")):
        yield from _check(("selling", "quota", "segments", *inner), wanted, names, "segment")
    for name, objective in _map(tree.get("objectives")).items():
        spec = _map(objective)
        yield from _check(("objectives", name, "segment"), spec.get("segment"), names, "segment")
        chosen = [wanted] if isinstance(wanted := spec.get("segment"), str) and wanted in segments else names
        milestone = spec.get("milestone")
        yield from _check(("objectives", name, "milestone"), milestone, _journeys(segments, chosen), "milestone")


def _stages(at: tuple[Step, ...], journey: Mapping[str, Any]) -> Iterator[Part]:
    latest = 0
    for name, milestone in journey.items():
        stage = _map(milestone).get("stage")
        if stage not in _ORDER:
            continue
        place = _ORDER.index(stage)
        if place < latest:
            message = f"a milestone of stage {stage} cannot come after one of stage {_ORDER[latest]}: "
            yield (*at, name, "stage"), message + "the order is adoption, value, growth", False
        latest = max(latest, place)


def _dates(at: tuple[Step, ...], changes: object) -> Iterator[Part]:
    before: dt.date | None = None
    for place, change in enumerate(changes if isinstance(changes, list) else ()):
        try:
            day = read_day(_map(change).get("date"))
        except Misfit:
            continue
        if before is not None and day <= before:
            yield (*at, place, "date"), f"must be later than the change before it ({before})", False
        before = day


def _idle(tree: Mapping[str, Any], at: tuple[Step, ...], name: object) -> Iterator[Part]:
    """A team that can never work but has work; for a valid scenario `_workless` says the same."""
    team = _map(_map(tree.get("teams")).get(str(name)))
    try:
        nobody = "people" in team and parse(WHOLE, team["people"]) == 0.0 and not team.get("hires")
    except Misfit:
        return
    if nobody:
        yield at, _IDLE.format(name=shown(name)), False


def _journeys(segments: Mapping[str, Any], chosen: list[str]) -> list[str]:
    found: dict[str, None] = {}
    for name in chosen:
        found.update(dict.fromkeys(str(milestone) for milestone in _map(_map(segments.get(name)).get("journey"))))
    return list(found)


def _milestones(at: tuple[Step, ...], spec: Mapping[str, Any], known: list[str]) -> Iterator[Part]:
    when = _map(spec.get("when"))
    for trigger in ("reached", "taken"):
        yield from _check((*at, "when", trigger), when.get(trigger), known, "milestone")
    approaching = _map(when.get("approaching")).get("milestone")
    yield from _check((*at, "when", "approaching", "milestone"), approaching, known, "milestone")
    for place, effect in enumerate(spec.get("effects") or () if isinstance(spec.get("effects"), list) else ()):
        here = (*at, "effects", place)
        for name in _map(_map(effect).get("shorten")):
            yield from _check((*here, "shorten", name), name, known, "milestone", key=True)
        lift = _map(_map(effect).get("take_lift"))
        for inner, wanted in _several(lift.get("milestones")):
            yield from _check((*here, "take_lift", "milestones", *inner), wanted, known, "milestone")


def known(path: str, raw: object, tree: Mapping[str, Any]) -> Known:
    """A fact that planners know: its path must lead to a measure of all, of a segment or of a milestone.

    Raises
    ------
    Misfit
        Seen from the entry.
    """
    head, _, measure = path.rpartition(".")
    steps = head.split(".") if head else []
    segments = _map(tree.get("segments"))
    if steps:
        by_delivery = steps[4:5] in (["with"], ["without"]) and len(steps) == 6 and measure.startswith("reached_")
        if steps[0] != "segments" or not (
            len(steps) == 2 or (steps[2:3] == ["journey"] and (len(steps) == 4 or by_delivery))
        ):
            raise Misfit(
                "expected 'segments.<segment>.<measure>', 'segments.<segment>.journey.<milestone>.<measure>', "
                "'segments.<segment>.journey.<milestone>.with.<intervention>.reached_<days>', the same with 'without', "
                f"or a measure of all members: {one_of(KNOWN_MEASURES, measure)}",
                key=True,
            )
        if steps[1] not in segments:
            raise Misfit(f"there is no segment {shown(steps[1])}: {one_of(map(str, segments), steps[1])}", key=True)
        if len(steps) > 2:
            milestones = _journeys(segments, [steps[1]])
            if steps[3] not in milestones:
                raise Misfit(f"there is no milestone {shown(steps[3])}: {one_of(milestones, steps[3])}", key=True)
        if len(steps) > 4:
            delivered = list(map(str, _map(tree.get("interventions"))))
            if steps[5] not in delivered:
                raise Misfit(f"there is no intervention {shown(steps[5])}: {one_of(delivered, steps[5])}", key=True)
    if isinstance(raw, Mapping):
        keys = ("between", "value", "source", "evidence", "owner", "review_by", "comment")
        unknown = [str(key) for key in raw if key not in keys]
        if unknown:
            raise Misfit.of([((key,), f"unknown key: {one_of(keys, key)}", True) for key in unknown])
    low, high = read_known(measure, raw)
    if measure in OF_SEGMENTS and len(steps) != 2:
        raise Misfit(f"{measure!r} is known of a segment: expected 'segments.<segment>.{measure}'", key=True)
    if measure in OF_MILESTONES and len(steps) < 4:
        raise Misfit(
            f"{measure!r} is known of a milestone: expected 'segments.<segment>.journey.<milestone>.{measure}'",
            key=True,
        )
    if measure == "take_rate" and len(steps) == 4:
        journey = _map(_map(segments[steps[1]]).get("journey"))
        if _map(journey.get(steps[3])).get("opportunity") is None:
            raise Misfit(f"{shown(steps[3])} has no opportunity, so nobody takes one there", key=True)
    if measure == "first_year_renewal":
        _first_year([_term(_map(segments[name]).get("term")) for name in ([steps[1]] if steps else segments)])
    origin = read_provenance(raw if isinstance(raw, Mapping) else {})
    return Known(low=low, high=high, **origin.as_yaml())


def growing(facts: Mapping[str, Known]) -> Iterator[Part]:
    """Shares by so many days that fall with the days, which no plan can give."""
    last: dict[str, tuple[int, float, str]] = {}
    within = [path for path in facts if path.rpartition(".")[2].rpartition("_")[0] in ("first_value", "reached")]
    for path in sorted(within, key=lambda one: int(one.rpartition("_")[2])):
        what, _, days = path.rpartition("_")
        before, least, text = last.get(what, (0, 0.0, ""))
        if facts[path].high < least:
            yield (
                ("known", path),
                f"not more than {facts[path].high:.4g} within {days} days contradicts '{text}': {least:.4g} or more "
                f"within {before} days",
                True,
            )
        if facts[path].low >= least:
            last[what] = int(days), facts[path].low, path


def _term(raw: object) -> float:
    """Months of a term as written, 12 when it cannot be read, of which more is said elsewhere."""
    try:
        return 12.0 if raw is None else parse(TERM, raw)
    except Misfit:
        return 12.0


def _first_year(terms: Iterable[float]) -> None:
    """The first renewal is that of the first year where terms have 12 months, and nowhere else."""
    for months in terms:
        if months != 12.0:
            raise Misfit(
                f"the first renewal ends the first year only where terms have 12 months, and this term has {months:g}: "
                f"{'renewal_rate'!r} is the renewal of any term",
                key=True,
            )


# ---- checks of a scenario whose parts are valid


def impossible(scenario: Scenario) -> list[Part]:
    """Numbers and dates that cannot be true together."""
    return list(_impossible(scenario))


def _impossible(scenario: Scenario) -> Iterator[Part]:
    end = scenario.end
    for name, intervention in scenario.interventions.items():
        yield from _workless(scenario, name, intervention)
    for name, objective in scenario.objectives.items():
        if objective.measure == "first_year_renewal":
            segments = scenario.segments
            chosen = segments.values() if objective.segment is None else [segments[objective.segment]]
            try:
                _first_year(one.term for one in chosen)
            except Misfit as misfit:
                yield from misfit.under("objectives", name, "measure")
    quota = scenario.selling.quota
    if quota is not None and not any(
        milestone.opportunity is not None
        for segment in (quota.segments or tuple(scenario.segments))
        if segment in scenario.segments
        for milestone in scenario.segments[segment].journey.values()
    ):
        yield (
            ("selling", "quota"),
            "a quota needs a segment with an opportunity to push, and there is none",
            False,
        )
    for name, team in scenario.teams.items():
        for place, hire in enumerate(team.hires):
            if (scenario.start - hire.date).days > hire.lead_time:
                message = f"{hire.date} is before the start: count them in 'people'"
                yield ("teams", name, "hires", place, "date"), message, False
        for place, leave in enumerate(team.leavers):
            if leave.date < scenario.start:
                message = f"{leave.date} is before the start: leave them out of 'people'"
                yield ("teams", name, "leavers", place, "date"), message, False
    for name, objective in scenario.objectives.items():
        if objective.by is not None and not scenario.start < objective.by <= end:
            message = f"expected a day within the horizon ({scenario.start} to {end}), not {objective.by}"
            yield ("objectives", name, "by"), message, False
        if objective.within is not None and objective.within > scenario.days:
            message = f"the window is longer than the horizon of {scenario.days} days"
            yield ("objectives", name, "within"), message, False


def _workless(scenario: Scenario, name: str, intervention: Intervention) -> Iterator[Part]:
    team = scenario.teams.get(intervention.team or "")
    if team is not None and team.people_ever(scenario.end) == 0:
        yield ("interventions", name, "team"), _IDLE.format(name=shown(intervention.team)), False


def warnings(scenario: Scenario) -> Iterator[str]:
    """What is allowed but deserves a look, one sentence each."""
    for name, segment in scenario.segments.items():
        price = segment.price
        response = price.response
        if (price.changes or price.uplift) and not (response.renewal or response.joining or response.contraction):
            yield f"segments.{name}.price: prices change and nobody responds; state a response (a prior)"
        for place, change in enumerate(price.changes):
            if not scenario.start <= change.date < scenario.end:
                at = f"segments.{name}.price.changes.{place}"
                yield f"{at}: {change.date} lies outside the horizon; no effect"
        advocacy = segment.advocacy
        if advocacy is not None and advocacy.rate * advocacy.converts * YEAR > 1.0:
            yield f"segments.{name}.advocacy: an advocate brings more than one member a year; this can explode"
    for name, team in scenario.teams.items():
        if not any(i.team == name for i in scenario.interventions.values()) and not (
            scenario.selling.quota is not None and scenario.selling.quota.team == name
        ):
            yield f"teams.{name}: the team has no work"
        for place, hire in enumerate(team.hires):
            if hire.date >= scenario.end:
                yield f"teams.{name}.hires.{place}: {hire.date} lies after the horizon; no effect"
    for name, intervention in scenario.interventions.items():
        when = intervention.when
        if when.trigger == "taken" and not any(
            reached == when.milestone and milestone.opportunity is not None
            for segment in scenario.segments.values()
            for reached, milestone in segment.journey.items()
        ):
            yield f"interventions.{name}.when.taken: {when.milestone} opens no opportunity; it never happens"
        dates = when.dates
        if dates and not any(scenario.start <= day < scenario.end for day in dates):
            yield f"interventions.{name}.when.on: no date lies within the horizon; it never happens"
    if scenario.book is None and not any(
        segment.arrivals.per_month > 0 or segment.population is not None for segment in scenario.segments.values()
    ):
        yield "segments: no book, no population and no arrivals; there are no members"
