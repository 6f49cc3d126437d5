"""Who is in which arm of a pilot: drawn at random within strata, and written down before it starts."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from simulation.scenario import Scenario
    from simulation.scenario.book import Book

__all__ = ["CONTROL", "Protocol", "arm_list", "arms_digest", "shared_teams"]

CONTROL = "control"
SIZES = ("smaller ARR", "middle ARR", "larger ARR")


@dataclass(frozen=True)
class Protocol:
    """What is laid down before a pilot starts; all of it is in `digest`.

    Attributes
    ----------
    scenario
        Digest of the plan.
    interventions
        The arms, beside the one shared control.
    start, days
        First day, and how many days count.
    seed
        Of the draw.
    members
        In each arm, by name.
    chance, at_least
        The decision rule: adopt an intervention when the chance is at least `chance` that a member in its arm reaches
        `at_least` milestones more than in control, by prior and pilot together; else do without.
    arms
        SHA-256 of the arm list.
    warnings
        What was known to blur the arms.
    """

    scenario: str
    interventions: tuple[str, ...]
    start: dt.date
    days: int
    seed: int
    members: dict[str, int]
    chance: float
    at_least: float
    arms: str
    warnings: tuple[str, ...] = ()

    @property
    def rule(self) -> str:
        """The decision rule in words."""
        return (
            f"Adopt an intervention when the chance is at least {self.chance:.0%} that a member in its arm reaches "
            f"{self.at_least:+.3g} milestones or more beyond control within {self.days} days; otherwise do without it. "
            "Milestones count for every member of the arm, whether it took the intervention or not."
        )

    @property
    def digest(self) -> str:
        """SHA-256 of everything here."""
        return hashlib.sha256(json.dumps(asdict(self), default=str, sort_keys=True).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """As plain values, with the rule in words and the digest."""
        return {**asdict(self), "start": self.start.isoformat(), "rule": self.rule, "digest": self.digest}

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Protocol:
        """Read what `to_json` made.

        Raises
        ------
        ValueError
            When something is missing, or was changed since.
        """
        try:
            fields = {name: plain[name] for name in cls.__dataclass_fields__}
            fields["start"] = dt.date.fromisoformat(fields["start"])
            fields |= {name: tuple(fields[name]) for name in ("interventions", "warnings")}
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"this is no protocol of a pilot: {error}") from None
        found = cls(**fields)
        if found.digest != plain.get("digest"):
            raise ValueError("the protocol was changed after it was laid down: its digest does not fit")
        return found


def arm_list(
    scenario: Scenario, book: Book, interventions: Sequence[str], *, members: int | None = None, seed: int = 1
) -> pd.DataFrame:
    """Draw the arms.

    Parameters
    ----------
    scenario, book
        The plan and today's members.
    interventions
        One arm each; control is shared by all.
    members
        In each arm; None divides all eligible members.
    seed
        Of the draw.

    Returns
    -------
    DataFrame
        Columns member_id, segment, stratum and arm, in the order of the book. Members who are not needed are in none.

    Raises
    ------
    ValueError
        For an unknown intervention, no segment that all arms serve, or too few members.

    Notes
    -----
    Strata are segment, last milestone and third of the ARR within the segment. In random order within the strata, arms
    are dealt in shuffled rounds that run on from one stratum to the next, so arms differ by one member at most, and
    nobody can foresee the next arm.
    """
    for name in interventions:
        if name not in scenario.interventions:
            raise ValueError(f"there is no intervention {name!r}; there are {', '.join(scenario.interventions)}")
    if not interventions or len(set(interventions)) < len(interventions):
        raise ValueError("name each intervention of the pilot once, and at least one")
    segments = list(scenario.segments)
    served = set(segments)
    for name in interventions:
        chosen = scenario.interventions[name].who.segments
        served &= set(chosen) if chosen else served
    eligible = np.flatnonzero(np.isin(book.segment, [segments.index(name) for name in sorted(served)]))
    arms = [CONTROL, *interventions]
    needed = len(eligible) // len(arms) if members is None else members
    if needed < 2 or needed * len(arms) > len(eligible):
        raise ValueError(
            f"{len(eligible):,} members of the book are in segments that all arms serve; {len(arms)} arms of "
            f"{max(needed, 2):,} need {max(needed, 2) * len(arms):,}"
        )
    strata = _strata(book, eligible, segments, scenario)
    rng = np.random.default_rng((seed, 0xA7))
    if needed * len(arms) < len(eligible):  # those who take part are drawn at random, too
        kept = np.sort(rng.permutation(len(eligible))[: needed * len(arms)])
        eligible, strata = eligible[kept], [strata[one] for one in kept]
    order = rng.permutation(len(eligible))
    order = order[np.argsort([strata[one] for one in order], kind="stable")]
    rounds = -(-len(order) // len(arms))
    dealt = np.concatenate([rng.permutation(len(arms)) for _ in range(rounds)])[: len(order)]
    arm = np.empty(len(order), object)
    arm[order] = [arms[one] for one in dealt]
    return pd.DataFrame({
        "member_id": [book.member_id[one] for one in eligible],
        "segment": [segments[book.segment[one]] for one in eligible],
        "stratum": strata,
        "arm": arm,
    })  # fmt: skip


def _strata(book: Book, eligible: np.ndarray[Any, Any], segments: list[str], scenario: Scenario) -> list[str]:
    """Segment, last milestone and third of the ARR."""
    third = np.zeros(len(book), np.int64)
    for place in range(len(segments)):
        own = eligible[book.segment[eligible] == place]
        ranks = np.argsort(np.argsort(book.arr[own], kind="stable"), kind="stable")
        third[own] = 3 * ranks // max(1, len(own))
    words = []
    for one in eligible:
        segment = segments[book.segment[one]]
        journey = list(scenario.segments[segment].journey)
        at = int(book.milestone[one])
        milestone = journey[at] if at >= 0 else {-1: "none yet"}.get(at, "milestone not known")
        words.append(f"{segment}, {milestone}, {SIZES[third[one]]}")
    return words


def arms_digest(arms: pd.DataFrame) -> str:
    """SHA-256 of who is in which arm, whatever the order of the rows."""
    pairs = sorted(zip(arms["member_id"].astype(str), arms["arm"].astype(str), strict=True))
    return hashlib.sha256(json.dumps(pairs).encode()).hexdigest()


def shared_teams(scenario: Scenario, interventions: Sequence[str]) -> tuple[str, ...]:
    """Where arms share a team, so that one arm makes another wait: sentences."""
    found = []
    teams: dict[str, list[str]] = {}
    for name in interventions:
        team = scenario.interventions[name].team
        if team is not None:
            teams.setdefault(team, []).append(name)
    for team, own in teams.items():
        if len(own) > 1:
            found.append(f"The arms {', '.join(own)} share the team {team}: each makes the others wait.")
        others = [
            name for name, one in scenario.interventions.items() if one.team == team and name not in interventions
        ]
        if others:
            found.append(
                f"The team {team} of {', '.join(own)} also delivers {', '.join(others)} to members of every arm: what "
                "the pilot adds to its queue makes control wait as well, so the difference between arms is not what "
                "all would gain."
            )
    return tuple(found)
