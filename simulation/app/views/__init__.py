"""The views of the page, in groups by what is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulation.app.desk import Desk
from simulation.app.views import (
    assumptions,
    benefits,
    budget,
    compare,
    evidence,
    forecast,
    importing,
    interview,
    journey,
    must_be_true,
    objectives,
    sensitivity,
)

__all__ = ["VIEWS", "View"]


@dataclass(frozen=True)
class View:
    """A view of the page.

    Attributes
    ----------
    key, title, icon
        Its name in code, on the page, and the name of a Material icon.
    group
        The question that it belongs to, with others.
    show
        Builds what is in it, once, when it is first looked at.
    alone
        Whether it can be used without a scenario.
    """

    key: str
    title: str
    icon: str
    group: str
    show: Callable[[Desk], None]
    alone: bool = False


VIEWS: tuple[View, ...] = (
    View("forecast", "Forecast", "show_chart", "Outlook", forecast.show),
    View("journey", "Journey", "moving", "Outlook", journey.show),
    View("objectives", "Objectives", "flag", "Outlook", objectives.show),
    View("compare", "Compare", "compare_arrows", "What if", compare.show),
    View("benefits", "Who benefits", "diversity_3", "What if", benefits.show),
    View("budget", "Budget", "savings", "What if", budget.show),
    View("sensitivity", "What it depends on", "tune", "Why", sensitivity.show),
    View("must_be_true", "What must be true", "rule", "Why", must_be_true.show),
    View("assumptions", "Assumptions", "fact_check", "What it rests on", assumptions.show),
    View("interview", "What you know", "quiz", "What it rests on", interview.show),
    View("evidence", "Evidence", "history", "What it rests on", evidence.show),
    View("importing", "Import", "input", "What it rests on", importing.show, alone=True),
)
"""In the order of the menu; those of a group stand together."""
