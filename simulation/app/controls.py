"""What a visitor can turn in a scenario: interventions, teams, prices and the selling policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from simulation.report.words import name
from simulation.scenario import Scenario
from simulation.scenario.assumptions import kind_at
from simulation.scenario.errors import Misfit
from simulation.scenario.levers import OFF
from simulation.scenario.places import at_place
from simulation.scenario.quantities import Kind, parse

__all__ = ["Control", "Value", "controls_of", "settings"]

Value = float | bool | str
"""What a control stands at: a number in its unit, on or off, or one of its choices."""
Steps = tuple[str, ...]

QUOTA: dict[str, Any] = {
    "per_month": 10_000,
    "pushes": 60,
    "take": {"value": "6%", "source": "CoIL 2000, policies sold to 348 of 5,822 customers", "evidence": "published"},
    "turn": {"value": "15 deg", "source": "prior", "evidence": "prior"},
}
"""A quota where the scenario has none to take: an untimed offer is taken by 6%; how far it turns is a guess."""


@dataclass(frozen=True)
class Control:
    """One thing to turn.

    Attributes
    ----------
    path
        Dotted path of what it changes; its identity.
    group, label, hint
        Where it stands on the page, what it is called, and what it means.
    form
        A slider, a switch, or a choice.
    value
        Where it stands in the scenario.
    low, high, step, unit
        Of a slider: its ends and its step in the unit that is shown and written, such as "%", "minutes" or "people".
    choices
        Of a choice: words by value.
    needs
        Path of the switch or the choice without which it does nothing; empty when there is none.
    fixed
        Why it cannot be turned; empty when it can.
    assumed
        Whether the scenario holds it to be uncertain: turning it puts one number in the place of the range.
    """

    path: str
    group: str
    label: str
    hint: str
    form: Literal["slider", "switch", "choice"]
    value: Value
    low: float = 0.0
    high: float = 0.0
    step: float = 1.0
    unit: str = ""
    choices: Mapping[str, str] | None = None
    needs: str = ""
    fixed: str = ""
    assumed: bool = False

    def shown(self, value: Value) -> str:
        """A value in words, such as "60%", "4 people" or "on"."""
        if self.form == "switch":
            return "on" if value else "off"
        if self.form == "choice":
            return (self.choices or {}).get(str(value), str(value))
        number = f"{float(value):,.10g}"
        if self.unit.startswith("%"):
            return number + self.unit
        unit = {"people": "person", "days": "day", "minutes": "minute", "hours": "hour"}.get(self.unit, self.unit)
        return f"{number} {unit if float(value) == 1 else self.unit}".strip()


@dataclass(frozen=True)
class _Unit:
    """How numbers of a kind are shown and written: the words, and base units of one."""

    words: str
    size: float


def controls_of(scenario: Scenario) -> list[Control]:
    """What can be turned in a scenario, in the order of the page."""
    tree = scenario.resolved()
    made = _Maker(scenario, tree)
    return [
        *(one for title in scenario.interventions for one in made.intervention(title)),
        *(one for title in scenario.teams for one in made.team(title)),
        *(one for title in scenario.segments for one in made.price(title)),
        *made.selling(),
    ]


def settings(control: Control, value: Value, tree: Mapping[str, Any]) -> Iterator[tuple[Steps, Any]]:
    """What a control that is turned to a value writes into a scenario written out in full: path and plain value."""
    steps = tuple(control.path.split("."))
    if control.form == "switch":
        if not value:
            yield from (((*steps, *below.split(".")), plain) for below, plain in OFF.items())
    elif control.form == "choice":
        if value == "objectives":
            yield steps, "objectives"
        else:
            yield steps, {"quota": {"team": str(value).removeprefix("quota:"), **QUOTA}}
    elif steps[-1] == "+":
        first = {"date": tree["start"], "change": _written(control, float(value))}
        rest = at_place(tree, steps[:-1]) or []
        yield steps[:-1], [first, *rest]
    else:
        yield steps, _written(control, float(value))


def _written(control: Control, value: float) -> Any:
    """A number of a slider as it is written in a scenario file."""
    number = f"{value:.10g}"
    if control.unit.startswith("%"):
        return f"{number}{control.unit}"
    if control.unit in ("minutes", "hours", "days"):
        return f"{number} {control.unit}"
    return int(value) if value == int(value) else float(number)


class _Maker:
    def __init__(self, scenario: Scenario, tree: dict[str, Any]) -> None:
        self.scenario, self.tree = scenario, tree
        self.alone = {path for path, one in scenario.assumptions.items() if one.joint is None}
        self.joint = {
            path for one in scenario.assumptions.values() if one.joint is not None for path in one.joint.paths
        }

    def intervention(self, title: str) -> Iterator[Control]:
        """An intervention: whether there is one, for whom, how soon, and how long it takes."""
        top, group = f"interventions.{title}", f"Intervention: {name(title)}"
        yield Control(
            top, group, "Do this", "Switched off it does nothing and costs nothing.", "switch",
            self.scenario.interventions[title].who.coverage > 0.0,
        )  # fmt: skip
        yield from self.slider(
            f"{top}.who.coverage", group, "Members who can get it",
            "Share of the members it is meant for who can get it at all.", 0, 100, needs=top,
        )  # fmt: skip
        yield from self.slider(
            f"{top}.accept", group, "Members who accept", "Share of those asked who say yes.", 0, 100, needs=top
        )
        for cause, label in (
            ("joined", "Days after joining"),
            ("renewal_due", "Days before the renewal"),
            ("setback", "Days after a setback"),
        ):
            yield from self.slider(
                f"{top}.when.{cause}", group, label, "When members are asked.", 0, 60, needs=top, step=1
            )
        yield from self.slider(
            self.middle(f"{top}.effort"), group, "Work for each",
            "Typical working time of one delivery, or of one session for a group.", 0, 60, needs=top,
        )  # fmt: skip
        yield from self.slider(
            f"{top}.session.size", group, "Members in a session", "How many can take part at most.", 1, 20, needs=top
        )

    def team(self, title: str) -> Iterator[Control]:
        """A team: how many people."""
        yield from self.slider(
            f"teams.{title}.people", "Teams", f"{name(title).capitalize()}: people",
            "People in the team from the start.", 1, 6, unit="people",
        )  # fmt: skip

    def price(self, title: str) -> Iterator[Control]:
        """Prices of a segment: the yearly rise, dated changes, and a new change at the start."""
        top, of = f"segments.{title}.price", f"{name(title).capitalize()}: "
        of = "" if len(self.scenario.segments) == 1 else of
        rise = "What members pay more at each renewal, a year."
        yield from self.slider(f"{top}.uplift", "Prices", f"{of}yearly rise".capitalize(), rise, -5, 15, step=0.5)
        for place, one in enumerate(self.scenario.segments[title].price.changes):
            yield from self.slider(
                f"{top}.changes.{place}.change", "Prices", f"{of}price change on {one.date}".capitalize(),
                "Change of the price from that day on.", -20, 30, step=0.5,
            )  # fmt: skip
        yield Control(
            f"{top}.changes.+", "Prices", f"{of}price change at the start".capitalize(),
            "A change of the price from the first day on, for everybody.", "slider", 0.0, -20.0, 30.0, 0.5, "%",
        )  # fmt: skip

    def selling(self) -> Iterator[Control]:
        """The selling policy, where there is something to sell and a team that could carry a quota."""
        quota = self.scenario.selling.quota
        offers = any(
            milestone.opportunity is not None
            for segment in self.scenario.segments.values()
            for milestone in segment.journey.values()
        )
        if not offers or not self.scenario.teams:
            return
        here = "objectives" if quota is None else f"quota:{quota.team}"
        choices = {"objectives": "Offers when a member is ready"}
        choices |= {f"quota:{one}": f"Monthly quota: {name(one)}" for one in self.scenario.teams}
        hint = "Offers at milestones only, or a monthly number that the team makes up for in the last days of a month."
        yield Control("selling", "Selling", "Selling policy", hint, "choice", here, choices=choices)
        amount = "Expansion to be sold in a month, recurring revenue per year."
        yield from self.slider(
            "selling.quota.per_month", "Selling", "Quota a month", amount, 0, 50_000,
            needs="selling", absent=QUOTA["per_month"], unit=self.scenario.currency,
        )  # fmt: skip
        yield from self.slider(
            "selling.quota.pushes", "Selling", "Pushes a month",
            "How often the team may push a member who is not ready.",
            1, 100, needs="selling", absent=QUOTA["pushes"],
        )  # fmt: skip

    def slider(
        self,
        path: str,
        group: str,
        label: str,
        hint: str,
        low: float,
        high: float,
        *,
        step: float | None = None,
        unit: str = "",
        needs: str = "",
        absent: float | None = None,
    ) -> Iterator[Control]:
        """A slider for the number at a path; nothing where there is none, or where it varies."""
        raw = at_place(self.tree, tuple(path.split(".")))
        try:
            kind = None if raw is None else kind_at(path, self.scenario._tree, set())
            base = None if kind is None else parse(kind, raw)
        except Misfit:
            return
        if base is None or kind is None:
            if absent is None:
                return
            shown, words = absent, unit
        else:
            scale = _unit(kind, base)
            shown, words = float(f"{base / scale.size:.10g}"), scale.words or unit
        low, high, step = _ends(shown, low, high, step, words)
        yield Control(
            path, group, label, hint, "slider", shown, low, high, step, words, needs=needs,
            fixed="It was fitted together with other numbers." if path in self.joint else "",
            assumed=path in self.alone,
        )  # fmt: skip

    def middle(self, path: str) -> str:
        """The path of the number in the middle of what may be a distribution."""
        here = at_place(self.tree, tuple(path.split(".")))
        for _ in range(2):
            if not isinstance(here, Mapping):
                return path
            key = next((one for one in ("median", "mean", "likely", *here) if one in here), "")
            path, here = f"{path}.{key}", here.get(key)
        return path


def _unit(kind: Kind, base: float) -> _Unit:
    """The unit in which a planner reads a number of this kind."""
    match kind.name:
        case "share":
            return _Unit("%", 0.01)
        case "growth":
            return _Unit("% per year", 0.01)
        case "duration":
            return _Unit("days", 1.0)
        case "effort":
            return _Unit("hours", 1.0) if base >= 3 else _Unit("minutes", 1 / 60)
        case "money":
            return _Unit("", 100.0)
    return _Unit("", 1.0)


def _ends(value: float, low: float, high: float, step: float | None, unit: str) -> tuple[float, float, float]:
    """Ends and step of a slider that can stand where the scenario stands, with room to double it."""
    if unit == "hours":  # of work
        high = max(4.0, 2 * value)
    while unit != "%" and high < 2 * value:
        high *= 2
    if step is None:
        step = (
            10.0 ** (len(str(int(high))) - 3) if high > 1000 else 0.5 if unit == "hours" else 5.0 if high >= 50 else 1.0
        )
    if unit in ("minutes", "hours"):  # no work takes no time
        low = step
    low, high = min(low, value), max(high, value)
    return low, high, next(one for one in (step, 1.0, 0.5, 0.1, 0.01) if one == 0.01 or _fits(value - low, one))


def _fits(distance: float, step: float) -> bool:
    return abs(distance / step - round(distance / step)) < 1e-9
