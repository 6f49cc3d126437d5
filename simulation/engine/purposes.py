"""Purposes of random numbers: what each decision of a plan is called in 32 bits, and that no two share a name."""

from __future__ import annotations

from simulation.model.random import purpose
from simulation.model.state import COMMON_PURPOSES
from simulation.scenario.errors import Problem, ScenarioError

__all__ = ["Purposes"]


class Purposes:
    """The purposes of one plan.

    The draws of assumptions are apart: their keys have 64 bits more of the same path.

    Parameters
    ----------
    file : str, optional
        Where the scenario is written, for the message.
    """

    def __init__(self, file: str = "") -> None:
        self._file = file
        self._taken = {value: ("", name.removeprefix("P_").lower()) for name, value in COMMON_PURPOSES.items()}

    def of(self, kind: str, name: str) -> int:
        """Return the purpose of a kind of decision about something with a name; again and again the same.

        Raises
        ------
        ScenarioError
            When another decision has it: both would always have the same luck.
        """
        number = purpose(kind, name)
        other = self._taken.setdefault(number, (kind, name))
        if other != (kind, name):
            message = (
                f"{_said(kind, name)} and {_said(*other)} happen to share their random numbers, because a hash of "
                f"32 bits is the same for both: give {name!r} another name"
            )
            raise ScenarioError([Problem(self._file, None, None, "", message)])
        return number


def _said(kind: str, name: str) -> str:
    return f"the draw of {kind!r} for {name!r}" if kind else f"the model's own draw of {name!r}"
