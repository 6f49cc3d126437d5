"""In which order milestones are reached, and which stages that makes likely: what happened decides, names only help."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Final

from simulation.intake.words import stage_named

__all__ = ["STAGES", "in_order_of", "stages_of", "why_there"]

STAGES: Final = ("adoption", "value", "growth")
ENOUGH = 5
"""Members who have reached two milestones on different days, from which on their order says which comes first."""
Reached = Mapping[str, Mapping[str, dt.date]]
"""By milestone: the first day of every member who has reached it."""


def in_order_of(reached: Reached, joined: Mapping[str, dt.date]) -> list[str]:
    """Milestones in the order in which members reach them.

    Of two milestones the one comes first that most of the members with both have reached first; where hardly anybody
    has both, their names say it, or else the one comes first that is reached sooner after joining. What comes before
    most others stands first (Copeland's rule).
    """
    lag = {name: median([(day - joined[who]).days for who, day in own.items()] or [0]) for name, own in reached.items()}

    def before(one: str, other: str) -> bool:
        ahead, both = _ahead(reached, one, other)
        if both >= ENOUGH and 2 * ahead != both:
            return 2 * ahead > both
        hints = [STAGES.index(named) for named in (stage_named(one), stage_named(other)) if named]
        return hints[0] < hints[1] if len(set(hints)) == 2 else lag[one] < lag[other]

    wins = {one: sum(before(one, other) for other in reached if other != one) for one in reached}
    return sorted(reached, key=lambda one: (-wins[one], lag[one]))


def stages_of(order: Sequence[str]) -> dict[str, str]:
    """The likely stage of each milestone of a journey.

    The first is adoption and the others are value, unless names say otherwise; a name that contradicts the order gives
    way, so that nobody recognises value before adoption is completed because of a word.
    """
    hints = [STAGES.index(stage_named(name)) if stage_named(name) else None for name in order]
    found: dict[str, str] = {}
    least = 0
    for place, name in enumerate(order):
        own, later = hints[place], [one for one in hints[place:] if one is not None]
        likely = min(place, 1) if own is None else own
        least = max(least, min([likely, *later]))
        found[name] = STAGES[least]
    return found


def why_there(name: str, order: Sequence[str], reached: Reached, joined: Mapping[str, dt.date]) -> str:
    """What speaks for the place of a milestone, for whoever confirms its stage."""
    own = reached[name]
    if not own:
        return "nobody has reached it"
    lag = median([(day - joined[who]).days for who, day in own.items()])
    said = f"{len(own):,} member{'' if len(own) == 1 else 's'}, {lag:.0f} days after joining (median)"
    place = order.index(name)
    if place == 0:
        return f"{'the only milestone' if len(order) == 1 else 'reached first'}: {said}"
    ahead, both = _ahead(reached, order[place - 1], name)
    if both < ENOUGH:
        return said
    return f"{said}; {ahead:,} of {both:,} who have both reached {order[place - 1].replace('_', ' ')!r} before"


def _ahead(reached: Reached, one: str, other: str) -> tuple[int, int]:
    """How many have reached one milestone before another, and how many both on different days."""
    first, second = reached[one], reached[other]
    both = [who for who in first if who in second and first[who] != second[who]]
    return sum(first[who] < second[who] for who in both), len(both)
