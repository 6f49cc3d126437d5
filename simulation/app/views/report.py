"""The report of what is on the page: made when it is asked for, and handed to the browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nicegui import ui

from simulation.app.desk import Desk
from simulation.app.jobs.job import Job, Picture

__all__ = ["ReportButton"]


class ReportButton:
    """A button that makes the report and downloads it; making one puts it on the page.

    Parameters
    ----------
    request
        The request whose answer is on the page.
    """

    def __init__(self, desk: Desk, request: Callable[[], Mapping[str, Any]]) -> None:
        self.desk, self.request = desk, request
        self.button = ui.button("Download report", icon="download", on_click=self.make).props("outline no-caps")
        self.trouble = ui.label().classes("wrong").props('role="alert"')

    def make(self) -> None:
        """Start to make it."""
        self.trouble.text = ""
        self.button.props("loading")
        self.desk.follow(self.desk.start("report", self.request()), _hand_over, self._watch)

    def _watch(self, job: Job) -> None:
        if job.ended:
            self.button.props(remove="loading")
            self.trouble.text = job.message


def _hand_over(picture: Picture) -> None:
    ui.download.content(picture["report"], picture["name"], "text/html")
