"""What counts can tell: who joins and who stays. All else of a scenario is left out of a backtest on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulation.evidence.backtest.laws import is_plain
from simulation.evidence.history.vocabulary import CODE, OF_COUNTS

if TYPE_CHECKING:
    from simulation.evidence.history import History
    from simulation.scenario.schema import Scenario

__all__ = ["LEFT_OUT", "as_counted"]

KEPT = ("desired_outcome", "arr", "term", "arrivals", "mid_term_churn", "win_back", "price")
ABOUT_OTHERS = (
    "book", "history", "objectives", "known", "levers", "teams", "interventions", "selling", "assumptions"
)  # fmt: skip
LEFT_OUT = (
    "The history tells who joins and who stays and nothing else, so journey, vectors, teams and interventions of the "
    "scenario are left out."
)


def as_counted(scenario: Scenario, history: History) -> Scenario:
    """The scenario without what a history of counts cannot tell; the same where there is no such thing.

    A journey that nobody recorded would have to be guessed for every member, and leaving counted by quarter would be
    read as lost renewals.
    """
    from simulation.scenario import from_mapping

    if np.any(~np.isin(history.codes, [CODE[one] for one in OF_COUNTS])):
        return scenario
    if all(is_plain(scenario, name) for name in scenario.segments):
        return scenario
    tree = scenario.resolved()
    for key in ABOUT_OTHERS:
        tree.pop(key, None)
    for name, segment in tree["segments"].items():
        plain = {key: segment[key] for key in KEPT if segment.get(key) is not None}
        plain["renewal"] = {"probability": segment["renewal"]["probability"]}
        if "mid_term_churn" in plain:
            plain["mid_term_churn"] = {"rate": plain["mid_term_churn"]["rate"]}
        tree["segments"][name] = plain
    return from_mapping(tree, folder=scenario.root, allow_outside=True)
