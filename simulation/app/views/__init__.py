"""The views of the page, one a tab, in the order of the tabs."""

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
    """A tab.

    Attributes
    ----------
    key, title, icon
        Its name in code, on the page, and the name of a Material icon.
    show
        Builds what is in it, once, when it is first looked at.
    """

    key: str
    title: str
    icon: str
    show: Callable[[Desk], None]


VIEWS: tuple[View, ...] = (
    View("forecast", "Forecast", "show_chart", forecast.show),
    View("journey", "Journey", "moving", journey.show),
    View("compare", "Compare", "compare_arrows", compare.show),
    View("benefits", "Who benefits", "diversity_3", benefits.show),
    View("sensitivity", "What it depends on", "tune", sensitivity.show),
    View("must_be_true", "What must be true", "rule", must_be_true.show),
    View("budget", "Budget", "savings", budget.show),
    View("objectives", "Objectives", "flag", objectives.show),
    View("evidence", "Evidence", "history", evidence.show),
    View("importing", "Import", "input", importing.show),
    View("interview", "What you know", "quiz", interview.show),
    View("assumptions", "Assumptions", "fact_check", assumptions.show),
)
