"""Evidence: where the members stand by what happened, whether forecasts were right before, and why one was missed."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from simulation.app.desk import Desk
from simulation.app.figures.attribution import causes
from simulation.app.figures.backtest import against_what_came
from simulation.app.figures.vectors import chances, courses
from simulation.app.jobs.job import Picture
from simulation.app.runs import archives_of, runs_of
from simulation.app.views.inquiry import Inquiry
from simulation.app.views.keeping import keep
from simulation.app.views.plot import Plot
from simulation.app.views.tables import table
from simulation.app.views.told import card, intro
from simulation.app.views.upload import Upload
from simulation.report.words import name

__all__ = ["show"]

FORMS = {
    "events": "a row for every event", "panel": "a row a person, a column a year",
    "survivors": "members left of each cohort", "flows": "joined and left by date",
}  # fmt: skip
NOW = "the scenario as it is here, forecast now"
STEPS = {1: "one step", 2: "two steps", 4: "four steps"}
REACHED = {"": "not known", "none": "none yet"}
SHOWN = 20


class _History:
    """The history that all three questions are asked of."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        intro(
            "Evidence",
            "Upload what happened: a table with a row for every event (member_id, date, event, name, value). "
            "Nothing leaves this machine.",
        )
        with ui.row().classes("asks"):
            self.file = Upload(desk, "history", "History: CSV, Excel or Parquet")
            self.exported = keep(desk, "exported", ui.input("Day of the export", placeholder="today"))
            self.exported.classes("choice").props('type="date" stack-label outlined dense').mark("exported")
            self.quarantine = keep(desk, "quarantine", ui.switch("Leave members with impossible rows out"))
            self.quarantine.mark("quarantine")

    def request(self, **more: Any) -> dict[str, Any]:
        """A request about the history."""
        if self.file.path is None:
            raise ValueError("upload a history first")
        asked = {"history": str(self.file.path), "exported": self.exported.value or ""}
        return self.desk.request(**asked, quarantine=self.quarantine.value, **more)


def show(desk: Desk) -> None:
    """Build the view."""
    history = _History(desk)
    for part in (_standing, _track_record, _attribution):
        with ui.column().classes("part wide"):
            part(desk, history)


def _standing(desk: Desk, history: _History) -> None:
    """Where every member stands."""
    last: dict[str, Any] = {}

    def draw(picture: Picture) -> None:
        last.update(picture)
        where.draw(courses(picture["shares"]))
        soon.draw(chances(picture["chances"], "next_90"))
        stay.draw(chances(picture["chances"], "renews"))
        people.clear()
        with people:
            heads = ["Member", "Segment", "Last milestone", "On track", "Drifting", "Away", "Next in 90 days", "Renews"]
            rows = [
                [
                    str(one["member_id"]), name(str(one["segment"])),
                    REACHED.get(str(one["milestone"]), name(str(one["milestone"]))),
                    *(f"{one[key]:.0%}" if one[key] == one[key] else "–"
                      for key in ("on_track", "drifting", "away", "next_90", "renews")),
                ]
                for one in picture["members"].head(SHOWN).to_dict("records")
            ]  # fmt: skip
            table(
                heads, rows, words=(0, 1, 2), caption=f"The {len(rows)} members who most likely head away", stacks=True
            )

    view = Inquiry(
        desk, "vectors", draw, history.request, noun="members", title="Where the members stand",
        about="On track, drifting or away: inferred from what happened to each. High usage is no sign of being on "
        "track.",
        empty="Upload a history and run it.",
    )  # fmt: skip
    with view.result:
        with card("Course, by the last milestone reached", "Shares are means of each member's probability."):
            where = Plot("Share of the members on track, drifting and away, by last milestone reached")
        with card("Chances, member by member"), ui.element("div").classes("pair wide"):
            soon = Plot("How many members have which chance of their next milestone within 90 days")
            stay = Plot("How many members have which chance to renew")
        people = ui.column().classes("wide")
        save = ui.button("Download all members", icon="download").props("outline no-caps").mark("members")
        save.on_click(lambda: ui.download.content(last["csv"], "vectors.csv", "text/csv"))


def _track_record(desk: Desk, history: _History) -> None:
    """Whether forecasts of past days were right."""
    last: dict[str, Any] = {}

    def draw(picture: Picture) -> None:
        last.update(picture)
        names = {key: fan["title"] for key, fan in picture["fans"].items()}
        choice.set_options(names, value=choice.value if choice.value in names else next(iter(names), None))
        choice.visible = len(names) > 1
        verdicts.clear()
        with verdicts:
            rows = [[one["title"], one["assumption"], one["holds"], one["words"]] for one in picture["verdicts"]]
            heads = ["Measure", "It rests on", "Verdict", "In words"]
            table(heads, rows, words=(0, 1, 2, 3), caption="How good were the forecasts", stacks=True)
        redraw()

    def redraw() -> None:
        if last and choice.value in last["fans"]:
            fan.draw(against_what_came(last["fans"][choice.value], last["currency"], last["step"]))

    def request() -> dict[str, Any]:
        return history.request(steps=steps.value, form=form.value)

    view = Inquiry(
        desk, "backtest", draw, request, noun="", title="Was it right before?",
        about="Forecasts as of past days, from what was known then and nothing later, beside what came and beside"
        " simple rules of thumb.",
        empty="Upload a history of two years or more and run it.",
    )  # fmt: skip
    with view.asks:
        form = keep(desk, "form", ui.select(FORMS, value="events", label="The table has"))
        form.props("outlined dense options-dense").classes("choice").mark("form")
        steps = keep(desk, "steps", ui.select(STEPS, value=4, label="How far ahead"))
        steps.props("outlined dense options-dense").classes("choice").mark("steps")
    with view.result:
        choice = view.choice({}, "Measure")
        choice.on_value_change(redraw)
        choice.visible = False
        fan = Plot("Forecasts of past days as bands, and what came as dots")
        verdicts = ui.column().classes("wide")


def _attribution(desk: Desk, history: _History) -> None:
    """Why the forecast was missed."""

    def draw(picture: Picture) -> None:
        steps.draw(causes(picture["causes"], picture["total"], picture["currency"]))

    def request() -> dict[str, Any]:
        archives = [str(one) for one in archives_of(desk.plans.folder)]
        return history.request(until=until.value or "", run=which.value, archives=archives)

    def look_again() -> None:
        found = {"": NOW, **runs_of(desk.plans.folder)}
        which.set_options(found, value=which.value if which.value in found else "")

    view = Inquiry(
        desk, "attribution", draw, request, noun="", title="Why did it come out as it did?",
        about="A forecast beside what happened: causes that add up to the cent, each beside what luck alone does to "
        "it. Best is the forecast that was made then: a finished run under reports/, as `membersim runs` archives it.",
        empty="Upload what happened since the start of the scenario and run it.",
    )  # fmt: skip
    with view.asks:
        runs = {"": NOW, **runs_of(desk.plans.folder)}
        which = ui.select(runs, value="", label="Which forecast").classes("choice wide-choice").mark("which")
        which.props("outlined dense options-dense").on("focus", look_again)
        keep(desk, "which", which)
        until = keep(desk, "until", ui.input("Up to (empty: as far as known)"))
        until.props('type="date" stack-label outlined dense')
        until.classes("choice").mark("until")
    with view.result:
        steps = Plot("From the expected to the actual recurring revenue, cause by cause, with what luck does")
