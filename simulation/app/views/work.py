"""A job on the page: its Run and Cancel, how far it is, how long it will take, and what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nicegui import ui

from simulation.app.desk import Desk
from simulation.app.jobs.job import Job, Picture
from simulation.app.views.words import complain

__all__ = ["Work", "time_words"]


class Work:
    """The controls of one kind of job; making one puts them on the page.

    Parameters
    ----------
    desk
        Whose job it is.
    kind
        The task.
    draw
        Called with each picture.
    request
        Makes the request when the button is pressed; a ValueError (a ScenarioError, too) is shown to the visitor.
    label
        What the button says.
    noun
        What is counted while it works, such as "futures"; empty counts nothing.
    stale
        Whether changes of the scenario make what is shown out of date, so that the page says so.
    """

    def __init__(
        self,
        desk: Desk,
        kind: str,
        draw: Callable[[Picture], None],
        request: Callable[[], Mapping[str, Any]] | None = None,
        *,
        label: str = "Run",
        icon: str = "play_arrow",
        noun: str = "futures",
        stale: bool = True,
    ) -> None:
        self.desk, self.kind, self.noun = desk, kind, noun
        self._draw, self._request = draw, request or desk.request
        self.job: Job | None = None
        self._refused = False
        with ui.row().classes("work"):
            self.run_button = ui.button(label, icon=icon, on_click=self.run).props("unelevated no-caps")
            self.run_button.mark(f"run-{kind}")
            self.cancel_button = ui.button("Cancel", icon="stop", on_click=self.cancel).props("outline no-caps")
            self.cancel_button.mark(f"cancel-{kind}")
            self.bar = (
                ui.linear_progress(0, show_value=False).props('rounded aria-label="Progress"').classes("work-bar")
            )
            self.words = ui.label().classes("work-words").props('role="status" aria-live="polite"')
        self.trouble = ui.column().classes("trouble").props('role="alert"')
        self.cancel_button.visible = self.bar.visible = self.trouble.visible = False
        desk.runners[kind] = self.run
        desk.on_change(self._asked_again)
        if kind in desk.jobs:  # of the page of before
            self._follow(desk.jobs[kind])
        if stale:
            desk.on_change(self._out_of_date)

    def run(self) -> None:
        """Start the job."""
        self.trouble.visible = self._refused = False
        try:
            request = self._request()
        except ValueError as error:
            self.complain(str(error), tuple(getattr(error, "problems", ())))
            self._refused = True
            return
        self._follow(self.desk.start(self.kind, request))

    def _follow(self, job: Job) -> None:
        self.job = job
        self.desk.follow(job, self._draw, self._watch)
        self._watch(job)

    def cancel(self) -> None:
        """Stop the job; what it has shown stays."""
        if self.job is not None:
            self.desk.bench.cancel(self.job)
            self._watch(self.job)

    def forget(self) -> None:
        """Stop the job and go back to where nothing was asked yet."""
        self.desk.cancel(self.kind)
        self.desk.jobs.pop(self.kind, None)
        self.job = None
        self.cancel_button.visible = self.bar.visible = self.trouble.visible = False
        self.run_button.set_enabled(True)
        self.words.text = ""

    def complain(self, message: str, problems: Sequence[Any] = ()) -> None:
        """Say what is wrong: each problem with its place, or a message that begins as a sentence does."""
        begins_with_word = message.split(" ", 1)[0].isalpha()  # and not with the name of a file
        complain(self.trouble, message[:1].upper() + message[1:] if begins_with_word else message, problems)

    def _watch(self, job: Job) -> None:
        if job is not self.job:
            return  # an earlier one that was replaced
        busy = not job.ended
        self.cancel_button.visible = self.bar.visible = busy
        self.run_button.set_enabled(not busy)
        self.bar.value = job.share
        self.bar.props(remove="indeterminate")
        if job.state == "queued" or (busy and not job.total):
            self.bar.props("indeterminate")
        self.words.text = self._said(job)
        if job.state == "failed":
            self.complain(job.message, job.problems)

    def _said(self, job: Job) -> str:
        if job.ended and job.outdated:
            return "The scenario has changed since: run again"
        count = f"{job.done:,} of {job.total:,} {self.noun}" if self.noun and job.total else ""
        if job.state == "queued" and not self.desk.bench.ready:
            return "Getting ready; the very first time this takes a minute or two"
        if job.state == "queued":
            return f"Waiting: {job.ahead} before this" if job.ahead else "Starting"
        if job.cancelling and not job.ended:
            return "Stopping"
        if job.state == "running":
            left = job.seconds_left()
            return " · ".join(filter(None, (count or "Working", "" if left is None else time_words(left))))
        if job.state == "cancelled" and job.yielded:
            return "Stopped while you were away, because others waited"
        if job.state == "cancelled":
            return f"Stopped after {job.done:,} {self.noun}" if self.noun and job.done else "Stopped"
        return f"{job.done:,} {self.noun}" if job.state == "done" and count else ""

    def _asked_again(self) -> None:
        """What was refused may be right now."""
        if self._refused:
            self.trouble.visible = self._refused = False

    def _out_of_date(self) -> None:
        if self.job is not None and self.job.ended and self.job.version:
            self.job.outdated = True
            self.words.text = self._said(self.job)


def time_words(seconds: float) -> str:
    """How long something will take, in words."""
    if seconds < 1.5:
        return "a moment left"
    if seconds < 90:
        return f"about {seconds:.0f} s left"
    return f"about {seconds / 60:.0f} min left"
