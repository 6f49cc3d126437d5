"""Who benefits: every member matched with itself in two scenarios, on the same luck."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulation.app.jobs.job import Picture, Tell
from simulation.app.tasks.plan import book_of, plan_of
from simulation.app.tasks.told import sections_of

if TYPE_CHECKING:
    from simulation.experiment.twins import Twins

__all__ = ["picture_of", "work"]


def work(request: Mapping[str, Any], tell: Tell) -> Picture:
    """Match the members of the scenario with themselves in `other`: a mapping with name, scenario and overlay.

    `replications` is the number of futures in which they are matched.
    """
    from simulation.experiment.twins import twins

    plan, other = plan_of(request), plan_of(request["other"])
    found = twins(
        plan,
        other,
        books=(book_of(plan, request), book_of(other, request)),
        replications=int(request["replications"]),
        seed=int(request.get("seed", 1)),
        progress=tell.progress,
    )
    return picture_of(found, plan.currency, str(request["other"]["name"]))


def picture_of(found: Twins, currency: str, name: str) -> dict[str, Any]:
    """What the page shows of twins.

    Returns
    -------
    dict
        headline, points and sections as of `told`; name of the alternative, currency and replications; gains
        (`report.twins.gains`) and roles: the rows of `Twins.roles` of ARR, with the role in words.
    """
    from simulation.report.album import Album
    from simulation.report.page import Section
    from simulation.report.twins import WORDS, benefits_section, gains, who_gains

    section = benefits_section({name: found}, currency, Album())
    said = who_gains(found, currency, name)
    assert isinstance(section, Section)
    roles = found.roles().xs("arr", level="outcome").reset_index()
    return {
        "headline": said[0],
        "points": said[1:],
        "sections": sections_of([section]),
        "name": name,
        "currency": currency,
        "replications": found.replications,
        "gains": gains(found),
        "roles": roles.assign(words=[WORDS[role] for role in roles["role"]]),
    }
