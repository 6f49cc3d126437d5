"""What the fields of a scenario are called where people read them."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["field_words", "plain"]

FIELDS = {
    # of a segment
    "arr": "ARR of a new member",
    "term": "contract term",
    "arrivals.per_month": "new members a month",
    "arrivals.growth": "growth of new members",
    "arrivals.season": "season of new members",
    "desired_outcome.experience.patience": "patience",
    "desired_outcome.experience.turn": "turn away when patience ends",
    "population.members": "members at the start",
    "population.tenure": "tenure at the start",
    "vector.direction.typical": "typical direction",
    "vector.direction.spread": "spread of directions",
    "vector.direction.memory": "memory of the direction",
    "vector.magnitude.typical": "typical pace",
    "vector.magnitude.spread": "spread of paces",
    "vector.magnitude.memory": "memory of the pace",
    "vector.interactions": "interactions of a member",
    "vector.outcome_shifts.rate": "how often the outcome shifts",
    "vector.outcome_shifts.turn": "turn when the outcome shifts",
    "observed.direction_noise": "error of the observed direction",
    "observed.usage_noise": "error of the observed usage",
    "setbacks.rate": "how often setbacks come",
    "setbacks.resolves_itself": "time until a setback resolves itself",
    "setbacks.escalates_after": "time until a setback escalates",
    "setbacks.turn": "turn away by an escalation",
    "journey.*.after": "{}, work to reach it",
    "journey.*.spread": "{}, spread of the work to reach it",
    "journey.*.self_evident": "{}, value seen unaided",
    "journey.*.opportunity.arr": "{}, ARR offered",
    "journey.*.opportunity.take": "{}, take rate",
    "journey.*.opportunity.sensitivity": "{}, effect of progress on the take rate",
    "journey.*.opportunity.window": "{}, time to offer",
    "renewal.probability": "renewal probability",
    "renewal.probability.beta.a": "weight for renewing",
    "renewal.probability.beta.b": "weight against renewing",
    "renewal.not_adopted": "loss of renewal before adoption",
    "renewal.no_value": "loss of renewal without value",
    "renewal.escalation": "loss of renewal by an open escalation",
    "renewal.sensitivity": "effect of progress on renewal",
    "renewal.grace.length": "length of grace",
    "renewal.grace.recovery": "renewal within grace",
    "renewal.contraction.probability": "probability to renew for less",
    "renewal.contraction.share": "ARR given up by renewing for less",
    "renewal.contraction.sensitivity": "effect of progress on renewing for less",
    "mid_term_churn.rate": "leaving during the term",
    "mid_term_churn.sensitivity": "effect of progress on leaving during the term",
    "win_back.rate": "return of former members",
    "win_back.within": "time within which former members return",
    "win_back.arr": "ARR of members who return",
    "price.uplift": "yearly rise of the price",
    "price.changes.*.change": "price change {}",
    "price.response.renewal": "effect of the price on renewal",
    "price.response.joining": "effect of the price on joining",
    "price.response.contraction": "effect of the price on renewing for less",
    "advocacy.rate": "referrals of an advocate",
    "advocacy.velocity": "progress of an advocate",
    "advocacy.converts": "referrals that join",
    "advocacy.delay": "time from referral to joining",
    # of an intervention
    "accept": "share who accept",
    "who.coverage": "share of members who can get it",
    "who.cooldown": "time between two requests",
    "effort": "hours a delivery",
    "priority": "rank in the queue",
    "session.size": "places in a session",
    "session.every": "time between sessions",
    "cost.per_delivery": "cost of a delivery",
    "cost.per_month": "cost a month",
    "cost.one_off": "cost once",
    "price.fee": "fee",
    "price.recurring": "recurring price",
    "turn_toward": "course correction",
    "magnitude": "change of pace",
    "advance": "progress given",
    "shorten.*": "{}, share of the work saved",
    "demonstrate_value": "value shown",
    "resolve_setback": "setbacks resolved",
    "renewal_lift": "lift of renewal",
    "take_lift": "lift of the take rate",
    # of a team
    "people": "people",
    "hours_per_month": "hours of a person a month",
    "available_share": "share of hours available",
    "cost_per_month": "cost of a person a month",
    "hires.*.people": "people of hire {}",
    "hires.*.lead_time": "lead time of hire {}",
    "leavers.*.people": "people of leaving {}",
    # of selling
    "quota.per_month": "quota a month",
    "quota.pushes": "pushes a month",
    "quota.take": "take rate of a push",
    "quota.turn": "turn away by a push",
}
"""Words by path within a segment, an intervention, a team or the selling policy; `*` is a name or a position, which
stands in the words as `{}`."""
SILENT = {"journey", "opportunity", "points", "factor", "lognormal", "triangular", "uniform", "normal", "beta"}
PARTS = {"mean": "mean", "a": "weight for it", "b": "weight against it"}
"""Of a distribution, where a field that varies by member is given by its parameters."""


def field_words(keys: Sequence[str]) -> str:
    """Return what a field is called.

    Parameters
    ----------
    keys
        Its path within a segment, an intervention, a team or the selling policy.

    Returns
    -------
    str
        Such as "new members a month"; a field without words of its own is its path, "who, tenure, at least".
    """
    keys, order = list(keys), ""
    if keys[0] == "effects" and len(keys) > 2:
        # One intervention may have two effects of a kind.
        order = f" (effect {int(keys[1]) + 1})" if keys[1] != "0" else ""
        keys = keys[2:]
    for length in range(len(keys), 0, -1):
        if (found := _found(keys[:length])) is not None:
            return ", ".join([found, *_rest(keys[length:])]) + order
    return ", ".join(_rest(keys)) + order


def _found(keys: Sequence[str]) -> str | None:
    """The words of exactly this path."""
    for place in (None, *range(1, len(keys))):
        pattern = ".".join("*" if one == place else key for one, key in enumerate(keys))
        if pattern in FIELDS:
            key = keys[place] if place is not None else ""
            return FIELDS[pattern].format(int(key) + 1 if key.isdigit() else plain(key))
    return None


def _rest(keys: Sequence[str]) -> list[str]:
    return [PARTS.get(key, plain(key)) for key in keys if key not in SILENT]


def plain(name: str) -> str:
    """Return a name of a scenario as people write it."""
    return name.replace("_", " ")
