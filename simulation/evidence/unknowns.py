"""Numbers to be found: each with a prior, on a scale where that prior is the standard normal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.scenario.assumptions import kind_at
from simulation.scenario.distributions import Distribution
from simulation.scenario.quantities import Kind, Quantity

if TYPE_CHECKING:
    from simulation.scenario.schema import Scenario, Segment

__all__ = [
    "Unknown",
    "at",
    "differences_of",
    "effects_of",
    "joint_middle",
    "latent_of",
    "scenario_at",
    "unknown_at",
    "values",
]

Float = npt.NDArray[np.float64]
FAR = 3.5
"""No prior is followed further than this many standard deviations."""
RIGHT = math.pi / 2
WIDTHS = {"log": 0.5, "logit": 0.8}
"""Standard deviations of priors that the scenario does not state, of the logarithm and of the logit."""
ON_PROGRESS, PACE_WIDTH = ("turn_toward", "magnitude", "advance", "shorten"), 0.25
"""Effects that milestones show; and the width of the prior of a factor on the pace, of the logarithm."""


@dataclass(frozen=True)
class Unknown:
    """A number to be found.

    Attributes
    ----------
    path
        Its dotted path.
    kind
        Of its quantity.
    centre
        Median of the prior, base units.
    scale
        "log" or "logit": on which the prior is normal; "stated" for the distribution of an assumption.
    width
        Standard deviation on that scale.
    low, high
        Limits of a logit.
    distribution
        Of an assumption.
    """

    path: str
    kind: Kind
    centre: float
    scale: str
    width: float = 1.0
    low: float = 0.0
    high: float = 1.0
    distribution: Distribution | None = None

    def value(self, z: float | Float) -> Float:
        """Value at z standard deviations of the prior, base units."""
        from scipy.special import expit, logit, ndtr

        z = np.clip(np.asarray(z, float), -FAR, FAR)
        if self.distribution is not None:
            return self.distribution.ppf(ndtr(z))
        if self.scale == "log":
            return np.asarray(self.centre * np.exp(self.width * z))
        span = self.high - self.low
        start = float(logit((self.centre - self.low) / span))
        return np.asarray(self.low + span * expit(start + self.width * z))

    @property
    def prior(self) -> str:
        """Where the prior comes from, in words."""
        return "stated as an assumption" if self.distribution is not None else "usual width about the stated value"


def unknown_at(
    scenario: Scenario, path: str, *, scale: str = "", width: float | None = None, limits: tuple[float, float] = (0, 1),
    value: float | None = None,
) -> Unknown | None:  # fmt: skip
    """The unknown at a path; None where the scenario has nothing there that could vary (a mechanism that is off).

    `value` is what the path has now, where the scenario does not lead there by the same names. An assumption of that
    path is its prior; otherwise the prior is normal on a scale about what is stated.

    Raises
    ------
    Misfit
        When the path does not lead to a number.
    """
    kind = kind_at(path, scenario._tree, set())
    if kind is None:
        return None
    stated = scenario.assumptions.get(path)
    if stated is not None and stated.distribution is not None:
        middle = float(stated.distribution.ppf(np.array(0.5)))
        return Unknown(path, kind, middle, "stated", distribution=stated.distribution)
    value = _value(scenario, path) if value is None else value
    scale = scale or ("logit" if kind.name == "share" and 0 < value < 1 else "log")
    if value == 0.0 or (scale == "logit" and not limits[0] < value < limits[1]):
        return None
    return Unknown(path, kind, value, scale, width or WIDTHS[scale], *limits)


def latent_of(scenario: Scenario, segment: str) -> list[Unknown]:
    """What nobody sees of a segment: its vector, the work of its milestones, and how its members decide to renew.

    The typical magnitude is no unknown: it is 1 by definition, for the work of the milestones scales with it. The
    typical direction lies within 0 and 90 degrees: its sign cannot be told.
    """
    one, path = scenario.segments[segment], f"segments.{segment}"
    found: list[Unknown | None] = []
    direction, magnitude = one.vector.direction, one.vector.magnitude
    if direction.spread > 0 or direction.typical > 0:
        place = f"{path}.vector.direction.typical"
        centre = abs(direction.typical)
        own = unknown_at(scenario, place, limits=(0.0, RIGHT), scale="logit") if 0.02 < centre < RIGHT else None
        kind = kind_at(place, scenario._tree, set())
        if own is None and kind is not None:
            own = Unknown(place, kind, math.radians(30), "logit", WIDTHS["logit"], 0.0, RIGHT)
        found.append(own)
    if direction.spread > 0:
        place = f"{path}.vector.direction.spread"
        found.append(unknown_at(scenario, place, scale="logit", width=0.7, limits=(0.0, 2.2)))
        found.append(unknown_at(scenario, f"{path}.vector.direction.memory"))
    if magnitude.spread > 0:
        place = f"{path}.vector.magnitude.spread"
        found.append(unknown_at(scenario, place, scale="logit", width=0.7, limits=(0.0, 1.5)))
        found.append(unknown_at(scenario, f"{path}.vector.magnitude.memory"))
    for milestone, each in one.journey.items():
        if each.after > 0:
            found.append(unknown_at(scenario, f"{path}.journey.{milestone}.after"))
        if each.spread > 0:
            found.append(unknown_at(scenario, f"{path}.journey.{milestone}.spread", width=0.4))
    found += _renewal(scenario, one, path)
    return [unknown for unknown in found if unknown is not None]


def differences_of(scenario: Scenario, segment: str) -> list[Unknown]:
    """How members of a segment differ in course and pace, where the scenario lets them not differ in anything.

    Then all reach a milestone on the same day of their membership, and no share but 0 and 1 can be met.
    """
    one, path = scenario.segments[segment], f"segments.{segment}.vector"
    differ = (one.vector.direction.spread, one.vector.magnitude.spread, *(each.spread for each in one.journey.values()))
    if any(differ):
        return []
    found = []
    for name, centre, most in (("direction", math.radians(30), 2.2), ("magnitude", 0.4, 1.5)):
        kind = kind_at(f"{path}.{name}.spread", scenario._tree, set())
        if kind is not None:
            found.append(Unknown(f"{path}.{name}.spread", kind, centre, "logit", 0.7, 0.0, most))
    return found


def effects_of(scenario: Scenario, intervention: str) -> list[Unknown]:
    """What an intervention does to direction, pace and progress, where the scenario states it as plain numbers."""
    found = []
    for place, one in enumerate(scenario.interventions[intervention].effects):
        below = {"magnitude": ".factor", "shorten": f".{one.milestone}"}.get(one.kind, "")
        if one.kind in ON_PROGRESS and one.amount.is_constant:
            path = f"interventions.{intervention}.effects.{place}.{one.kind}{below}"
            width = PACE_WIDTH if one.kind == "magnitude" else None
            found.append(unknown_at(scenario, path, width=width, value=one.amount.value))
    return [unknown for unknown in found if unknown is not None]


def _renewal(scenario: Scenario, one: Segment, path: str) -> list[Unknown | None]:
    probability = one.renewal.probability
    found: list[Unknown | None] = []
    if probability.is_constant:
        found.append(unknown_at(scenario, f"{path}.renewal.probability"))
    elif probability.family == "beta":
        found += [unknown_at(scenario, f"{path}.renewal.probability.beta.{name}") for name in ("a", "b")]
    for name in ("not_adopted", "no_value", "escalation", "sensitivity"):
        if getattr(one.renewal, name) != 0.0:
            found.append(unknown_at(scenario, f"{path}.renewal.{name}"))
    return found


def values(unknowns: Sequence[Unknown], z: Float) -> Float:
    """Values, base units, of points on the scale of the priors: float64[..., K]."""
    return np.stack([one.value(z[..., place]) for place, one in enumerate(unknowns)], axis=-1)


def at(unknowns: Iterable[Unknown], row: Float) -> dict[str, Quantity]:
    """What a row of values sets, by path."""
    return {one.path: Quantity(float(value), one.kind) for one, value in zip(unknowns, row, strict=True)}


def joint_middle(scenario: Scenario) -> dict[str, Quantity]:
    """The middle row of every joint group of assumptions, by path, and the median of every other assumption."""
    from simulation.scenario.draws import drawn_kinds, values_at

    kinds = drawn_kinds(scenario)
    middle = values_at(scenario, dict.fromkeys(scenario.assumptions, 0.5)) if scenario.assumptions else {}
    return {path: Quantity(value, kinds[path]) for path, value in middle.items()}


def scenario_at(scenario: Scenario, values: Mapping[str, Quantity], where: str = "at a trial") -> Scenario:
    """The scenario without assumptions, with some numbers set and the rest of the assumptions at their middle."""
    from simulation.scenario.draws import with_values

    return with_values(scenario, joint_middle(scenario) | dict(values), where)


def _value(scenario: Scenario, path: str) -> float:
    """The value that a path has in a scenario, base units."""
    here: object = scenario
    for step in path.split("."):
        if isinstance(here, Distribution):
            if step == here.family:
                continue
            here = here.parameter(step)
        elif isinstance(here, Mapping):
            here = here[step]
        elif isinstance(here, (list, tuple)):
            here = here[int(step)]
        else:
            here = getattr(here, step)
    if isinstance(here, Distribution):
        here = here.value if here.is_constant else here.mean()
    assert isinstance(here, (int, float))
    return float(here)
