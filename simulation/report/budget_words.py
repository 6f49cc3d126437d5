"""What is said of a budget: the answer in a sentence, and its numbers as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulation.report.words import listed, name, number, span

if TYPE_CHECKING:
    from simulation.experiment.budget import Budget
    from simulation.experiment.levers import Levels
    from simulation.experiment.plans import Estimate, Plan

__all__ = ["amount", "answer", "between", "bought", "instead", "money", "per", "points", "rate", "sure", "verdict"]


def answer(found: Budget) -> str:
    """Return the answer in one sentence."""
    plan = found.answer.recommended
    cap = money(found, found.spend)
    if plan.levels == found.answer.nothing.levels:
        return f"For {_goal(found)} nothing within {cap} that was tried is better than to buy nothing."
    gain, ends = amount(found, plan.gain.mean, plan.gain), between(found, plan.gain)
    if found.criterion.unit == "share":
        gain, ends = f"{gain[:-1]} percentage points", ends.replace("%", "")
    verdict = "adds" if plan.gain.low > 0 else "may add"
    return (
        f"With {cap} to spend, buy {bought(found, plan.levels)}: for {money(found, plan.spend.mean)} this {verdict} "
        f"{gain} to {_goal(found)} (95% interval {ends}).{_over(found)}"
    )


def points(found: Budget) -> list[str]:
    """Return what to say after the answer."""
    return [*_beside(found), *_choice(found), *_next(found)]


def bought(found: Budget, levels: Levels) -> str:
    """Return what an allocation buys, in words."""
    words = []
    for place, level in enumerate(levels):
        if level:
            label, setting = name(found.levers.names[place]), found.levers.setting(place, level)
            words.append(label if setting == "on" else f"{label} ({setting})")
    return listed(words) or "nothing"


def instead(found: Budget, levels: Levels) -> str:
    """Return in what an allocation differs from the recommended one, in words."""
    best = found.answer.recommended.levels
    words = [
        f"{name(found.levers.names[place])} ({found.levers.setting(place, level)})"
        for place, level in enumerate(levels)
        if level != best[place]
    ]
    return f"the same with {listed(words)}" if words else "the same"


def verdict(found: Budget, place: int) -> str:
    """Return how a contender stands to the recommended one, by its place."""
    one = found.answer.contenders[place]
    if place == 0:
        return "recommended"
    if one.told_apart:
        return "worse"
    return "cannot be told apart" + (" (dropped, not worth more sampling)" if one.dropped else "")


def per(found: Budget) -> float:
    """Spend to which the gain of a next step is scaled: 1 for money, 10,000 for everything else."""
    return 1.0 if found.criterion.unit == "money" else 10_000.0


def _beside(found: Budget) -> list[str]:
    written = found.answer.others.get("as written")
    if written is None:
        return []
    plan = found.answer.recommended
    if written.levels == plan.levels:
        return ["This is the plan as it is written."]
    note = f", and costs {money(found, written.spend.mean)}, more than the cap" if _above(found, written) else ""
    return [f"The plan as it is written gains {amount(found, written.gain.mean, written.gain)}{note}."]


def _above(found: Budget, plan: Plan) -> bool:
    """Whether a plan was measured to cost more than the cap, by half a unit of the currency and more."""
    return plan.spend.mean >= found.spend + 0.5


def _over(found: Budget) -> str:
    """Say that the recommended plan costs more than the cap, where the futures that measure it cost more."""
    plan = found.answer.recommended
    if not _above(found, plan):
        return ""
    over = money(found, plan.spend.mean - found.spend)
    return (
        f" That is {over} above the cap: in the futures of the search it kept to it, in those that measure it it does "
        f"not (95% interval of its spend {between(found, plan.spend, 'money')})."
    )


def _choice(found: Budget) -> list[str]:
    alike = [one for one in found.answer.contenders[1:] if not one.told_apart]
    said = []
    if alike:
        words = "; ".join(instead(found, one.levels) for one in alike[:3])
        more = f"; and {len(alike) - 3} more" if len(alike) > 3 else ""
        said.append(f"Cannot be told apart from it: {words}{more}.")
        spends = {one.levels: found.answer.tried[one.levels].spend for one in (found.answer.contenders[0], *alike)}
        cheapest = min(spends, key=lambda levels: spends[levels])
        if cheapest != found.answer.recommended.levels:
            said.append(f"The cheapest of these, {instead(found, cheapest)}, costs {money(found, spends[cheapest])}.")
    selection = found.answer.selection
    if selection is not None and not selection.settled:
        said.append(sure(found))
    return said


def _next(found: Budget) -> list[str]:
    steps = [step for step in found.answer.steps if np.isfinite(step.per_unit.mean)]
    if not steps:
        return []
    best = max(steps, key=lambda step: step.per_unit.mean)
    scale = per(found)
    gain = rate(found, best.per_unit.mean * scale)
    ends = f"{rate(found, best.per_unit.low * scale)} to {rate(found, best.per_unit.high * scale)}"
    of = money(found, scale)
    label = name(found.levers.names[best.place])
    if best.per_unit.mean <= 0:
        return [f"No lever seems worth a step more: the best next one, of {label}, brings {gain} for {of} "
                f"(95% interval {ends})."]  # fmt: skip
    return [f"The next {of} brings most in {label}: {gain} (95% interval {ends}), in steps of "
            f"{money(found, best.spend.mean)}."]  # fmt: skip


def sure(found: Budget) -> str:
    """Return how sure the choice is, in a sentence."""
    result = found.answer
    selection = result.selection
    assert selection is not None
    zone = amount(found, result.zone, None)
    if selection.settled:
        return (
            f"If one of these {len(result.contenders)} plans is better than every other one by {zone} or more, it was "
            f"chosen with a probability of at least {result.level:.0%} (Kim & Nelson 2001)."
        )
    futures = result.contenders[0].futures
    needed = selection.needed * futures // max(1, int(selection.observations[selection.best]))
    return (
        f"{futures:,} futures of each were not enough to be {result.level:.0%} sure of the choice, with differences "
        f"below {zone} not counting; up to {needed:,} could be needed."
    )


def _goal(found: Budget) -> str:
    title = found.criterion.title
    return f"the {title[0].lower()}{title[1:]}"


def money(found: Budget, value: float) -> str:
    """Return an amount in whole units of the currency."""
    return number(value if np.isnan(value) else round(value), "money", found.scenario.currency)


def amount(found: Budget, value: float, of: Estimate | None, unit: str = "") -> str:
    """Return a value of what is maximised, with the digits that its interval deserves."""
    spread = np.nan if of is None else of.high - of.low
    return number(value, unit or found.criterion.unit, found.scenario.currency, spread)


def between(found: Budget, one: Estimate, unit: str = "") -> str:
    """Return both ends of an interval."""
    return span(one.low, one.high, unit or found.criterion.unit, found.scenario.currency)


def rate(found: Budget, value: float) -> str:
    """Return a gain per spend; a dash where there is none."""
    unit, currency = found.criterion.unit, found.scenario.currency
    if unit == "money" and abs(value) < 1_000:
        value = round(value, 2)
    text = number(value, unit, currency)
    return f"{text} members" if unit == "members" and not np.isnan(value) else text
