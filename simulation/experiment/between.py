"""The scenarios between an old and a new one: what changed, one kind of change after the other.

The order is time and the book, assumptions, plan, price. Each scenario is whole and can be run: it has the
changes up to its step and everything else as it was.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulation.scenario import Scenario, ScenarioError, from_mapping
from simulation.scenario.places import at_place, put
from simulation.scenario.schema import Team

__all__ = ["Step", "steps_between"]

Tree = dict[str, Any]
TIME, ASSUMPTIONS, PLAN, PRICE = "time passed and the new book", "assumptions", "plan", "price"
INERT = ("objectives", "known", "levers", "history")
"""Parts that no run reads; they may name days or places that a scenario in between has not."""
PRICED = ("price", "arr")
"""What of a segment is its price."""
YEAR = 365.25
FILE_KEYS = ("book", "file", "joint")


@dataclass(frozen=True)
class Step:
    """A scenario between the old and the new one.

    Attributes
    ----------
    name
        What changed since the one before; several kinds where they do not go one after the other.
    scenario
        With the changes so far.
    notes
        What had to be done so that old and new fit together.
    """

    name: str
    scenario: Scenario
    notes: tuple[str, ...] = ()


def steps_between(old: Scenario, new: Scenario) -> Iterator[Step]:
    """The steps from the old scenario, which is not among them, to the new one, which is the last.

    A step that leads to no possible scenario is taken together with the next.
    """
    before, after = _tree(old), _tree(new)
    moved, notes = _moved(before, after, old, new)
    assumed = _assumed(moved, after)
    trees = {TIME: moved, ASSUMPTIONS: assumed, PLAN: _planned(assumed, after)}
    names: list[str] = []
    said: tuple[str, ...] = tuple(notes)
    known: list[tuple[Tree, Scenario]] = [(before, old), (after, new)]
    for name, tree in trees.items():
        names.append(name)
        try:
            scenario = next((one for other, one in known if _same(other, tree)), None)
            scenario = scenario or from_mapping(tree, folder=new.root, allow_outside=True)
        except ScenarioError as error:
            said += (f"The step “{name}” alone is no possible scenario ({error.problems[0].message}).",)
            continue
        known.append((tree, scenario))
        yield Step(" and ".join(names), scenario, said)
        names, said = [], ()
    yield Step(" and ".join([*names, PRICE]), new, said)


def _same(one: Tree, other: Tree) -> bool:
    """Whether two scenarios differ in nothing but what they are called."""
    names = ("name", "description")
    return {**one, **dict.fromkeys(names)} == {**other, **dict.fromkeys(names)}


def _tree(scenario: Scenario) -> Tree:
    """A scenario in full without its inert parts, files under their whole paths."""
    tree = {key: part for key, part in scenario.resolved().items() if key not in INERT}
    whole: Tree = _with_whole_paths(tree, scenario.root)
    return whole


def _with_whole_paths(node: Any, root: Path) -> Any:
    if isinstance(node, Mapping):
        return {
            key: str(root / value) if key in FILE_KEYS and isinstance(value, str) else _with_whole_paths(value, root)
            for key, value in node.items()
        }
    return [_with_whole_paths(item, root) for item in node] if isinstance(node, list) else node


def _moved(before: Tree, after: Tree, old: Scenario, new: Scenario) -> tuple[Tree, list[str]]:
    """The old scenario as it stands on the new day: the new book, and what has happened is no event any more."""
    notes: list[str] = []
    keys = ("name", "description", "start", "horizon", "periods", "fiscal_year_starts", "book")
    tree = {key: part for key, part in before.items() if key not in keys}
    tree |= {key: after[key] for key in keys if key in after}
    segments: Tree = {}
    for name, segment in before["segments"].items():
        newer = after["segments"].get(name, {})
        one = {key: part for key, part in segment.items() if key != "population"}
        if "population" in newer:
            one["population"] = newer["population"]
        if newer and list(one.get("journey", {})) != list(newer.get("journey", {})):
            one["journey"] = newer.get("journey", {})
            notes.append(f"{name}: the journey has other milestones; it changes with the book, which names them.")
        segments[name] = _aged(one, newer, name, old, new, notes)
    for name in after["segments"]:
        if name not in segments:
            segments[name] = after["segments"][name]
            notes.append(f"{name}: a new segment, which comes with its members.")
    tree["segments"] = segments
    tree["teams"] = {
        name: _settled(team, old.teams[name], name, new.start, notes) for name, team in before.get("teams", {}).items()
    }
    if "assumptions" in tree:
        tree["assumptions"] = {path: one for path, one in tree["assumptions"].items() if _stands(path, tree)}
    return {key: part for key, part in tree.items() if part or key not in ("teams", "assumptions")}, notes


def _aged(segment: Tree, newer: Tree, name: str, old: Scenario, new: Scenario, notes: list[str]) -> Tree:
    """A segment after the time that has passed: arrivals have grown, and past price changes are in the price."""
    place = ("segments", name)
    growth = old.segments[name].arrivals.growth
    years = (new.start - old.start).days / YEAR
    path = ".".join((*place, "arrivals", "per_month"))
    if growth and years and path not in old.assumptions:
        grown = old.segments[name].arrivals.per_month * (1 + growth) ** years
        segment = put({"segments": {name: segment}}, (*place, "arrivals", "per_month"), grown)["segments"][name]
        notes.append(f"{name}: arrivals have grown to {grown:.1f} a month, as the old scenario said they would.")
    changes = old.segments[name].price.changes
    days = [one.date for one in changes]
    if not all(new.start <= day < new.end for day in days):
        written = at_place(segment, ("price", "changes"))
        ahead = [one for one, day in zip(written, days, strict=True) if new.start <= day < new.end]
        segment = put(segment, ("price", "changes"), ahead)
        if min(days) < new.start and "arr" in newer:
            segment = {**segment, "arr": newer["arr"]}
            notes.append(f"{name}: a change of price has happened; the price of new members is today's from here on.")
    return segment


def _settled(tree: Tree, team: Team, name: str, today: dt.date, notes: list[str]) -> Tree:
    """A team on a later day: those who have come are people, those who have left are not."""
    come = [(today - one.date).days > one.lead_time for one in team.hires]
    gone = [one.date < today for one in team.leavers]
    if not any(come) and not any(gone):
        return tree
    people = team.people + sum(one.people for one, there in zip(team.hires, come, strict=True) if there)
    people -= sum(one.people for one, away in zip(team.leavers, gone, strict=True) if away)
    notes.append(f"{name}: who has come and gone up to the new start is counted, which makes {people} people.")
    hires = [one for one, there in zip(tree["hires"], come, strict=True) if not there]
    leavers = [one for one, away in zip(tree["leavers"], gone, strict=True) if not away]
    return {**tree, "people": people, "hires": hires, "leavers": leavers}


def _assumed(moved: Tree, after: Tree) -> Tree:
    """Next, what is believed of the members and of what interventions do."""
    segments = {
        name: {key: part for key, part in one.items() if key not in PRICED}
        | {key: moved["segments"][name][key] for key in PRICED if key in moved["segments"].get(name, {})}
        for name, one in after["segments"].items()
    }
    for name, one in after["segments"].items():
        if name not in moved["segments"]:
            segments[name] = one
    tree = {**moved, "segments": segments}
    newer, older = after.get("assumptions", {}), moved.get("assumptions", {})
    chosen = {path: one for path, one in newer.items() if not _of_price(path) and _stands(path, tree)}
    chosen |= {path: one for path, one in older.items() if _of_price(path) and _stands(path, tree)}
    # What is believed of an intervention that goes stays until it goes.
    lasting = {path for path in older if path.split(".")[0] != "segments" and not _stands(path, after)}
    chosen |= {path: older[path] for path in lasting if path not in chosen}
    return _with_assumptions(tree, chosen)


def _planned(assumed: Tree, after: Tree) -> Tree:
    """Then the plan: interventions, teams and the selling policy, at the old price."""
    tree = {key: part for key, part in assumed.items() if key not in ("interventions", "teams", "selling")}
    interventions = {}
    for name, one in after.get("interventions", {}).items():
        before = assumed.get("interventions", {}).get(name)
        interventions[name] = one
        if before is not None:
            interventions[name] = {key: part for key, part in one.items() if key != "price"}
            interventions[name] |= {key: part for key, part in before.items() if key == "price"}
    tree |= {"interventions": interventions} if interventions else {}
    tree |= {key: after[key] for key in ("teams", "selling") if key in after}
    newer, older = after.get("assumptions", {}), assumed.get("assumptions", {})
    chosen = {path: one for path, one in newer.items() if not _of_price(path)}
    chosen |= {path: one for path, one in older.items() if _of_price(path) and _stands(path, tree)}
    return _with_assumptions(tree, chosen)


def _with_assumptions(tree: Tree, chosen: Tree) -> Tree:
    rest = {key: part for key, part in tree.items() if key != "assumptions"}
    return {**rest, "assumptions": chosen} if chosen else rest


def _of_price(path: str) -> bool:
    steps = path.split(".")
    return len(steps) > 2 and steps[2] in (PRICED if steps[0] == "segments" else ("price",))


def _stands(path: str, tree: Tree) -> bool:
    """Whether the part of a scenario that a path leads to is there; draws of a file are asked of their columns."""
    steps = path.split(".")
    part = tree.get(steps[0], {})
    return len(steps) < 2 or (isinstance(part, Mapping) and steps[1] in part)  # selling may be the word "objectives"
