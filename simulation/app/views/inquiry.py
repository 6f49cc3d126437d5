"""The shape of a view that asks one thing: its question, what may be chosen, Run and Cancel, the answer, figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nicegui import ui

from simulation.app.desk import Desk
from simulation.app.jobs.job import Picture
from simulation.app.views.told import Answer, Details, intro
from simulation.app.views.work import Work

__all__ = ["Inquiry", "others"]

NOW = ""
"""The key of the changes as they are now; what-ifs have a name."""


class Inquiry:
    """A view with one question; making one puts it on the page.

    Parameters
    ----------
    desk
        Whose question it is.
    kind
        The task that answers it.
    draw
        Draws the figures of a picture; the answer in words and the details are there by then.
    request
        Makes the request, as of `Work`.
    title, about
        What is asked, and what the answer tells.
    empty
        What is said before there is an answer.
    more
        As of `Work`.

    Attributes
    ----------
    asks
        Where what may be chosen belongs.
    work
        Run, Cancel, and how far it is.
    result, foot
        Where figures belong, and what comes after the details; hidden while there is no answer.
    """

    def __init__(
        self,
        desk: Desk,
        kind: str,
        draw: Callable[[Picture], None],
        request: Callable[[], Mapping[str, Any]] | None = None,
        *,
        title: str,
        about: str,
        empty: str = "",
        **more: Any,
    ) -> None:
        self.desk, self._kind, self._draw = desk, kind, draw
        intro(title, about)
        self.asks = ui.row().classes("asks")
        self.work = Work(desk, kind, self._show, request, **more)
        self._answer = Answer(empty)
        self.result = ui.column().classes("wide result")
        self.result.visible = False
        self._details = Details(kind)
        self.foot = ui.column().classes("wide")
        self.foot.visible = False
        desk.on_change(self._forget)

    def choice(
        self,
        options: Mapping[Any, str],
        label: str,
        value: Any = None,
        *,
        several: bool = False,
        wide: bool = False,
    ) -> ui.select:
        """Put a choice on the page; the desk keeps what is chosen.

        Parameters
        ----------
        options
            Words by value.
        several
            Whether more than one can be chosen; value is a list then.
        wide
            Whether its words are long.
        """
        key = f"{self._kind}: {label}"
        kept = self.desk.kept.get(key, value)
        fits = all(one in options for one in (kept if several else [kept]))
        made = ui.select(dict(options), label=label, value=kept if fits else value, multiple=several)
        made.on_value_change(lambda event: self.desk.kept.__setitem__(key, event.value))
        return made.props("outlined dense options-dense").classes("choice wide-choice" if wide else "choice")

    def _show(self, picture: Picture) -> None:
        if self.work.job is None:
            return  # of a scenario that was left
        self._answer.draw(picture)
        self.result.visible = self.foot.visible = True
        self._details.draw(picture)
        self._draw(picture)

    def _forget(self) -> None:
        """An answer about another scenario is none about this one."""
        job = self.work.job
        if job is not None and job.request["scenario"] != str(self.desk.plans.path(self.desk.key)):
            self.work.forget()
            self._answer.clear()
            self.result.visible = self.foot.visible = False
            self._details.draw({})


def others(desk: Desk) -> dict[str, dict[str, Any]]:
    """What can stand beside the scenario as it is, by key: the changes as they are now, and the what-ifs.

    Each as name, scenario and overlay, as the tasks take it.
    """
    found = {one.name: dict(vars(one)) for one in desk.what_ifs}
    if not desk.overlay:
        return found
    now = {"name": "my changes", "scenario": str(desk.plans.path(desk.key)), "overlay": desk.overlay}
    return {NOW: now} | found
