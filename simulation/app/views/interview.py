"""The interview: what planners know, in ranges and with a source; behind it the plan is calibrated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nicegui import ui

from simulation.app.desk import Desk
from simulation.app.jobs.job import Picture
from simulation.app.views.keeping import keep
from simulation.app.views.tables import table
from simulation.app.views.told import card, intro
from simulation.app.views.words import called
from simulation.app.views.work import Work
from simulation.evidence.interview import Question, questions, read_range, shown_range
from simulation.report.words import name
from simulation.scenario.errors import Misfit

__all__ = ["show"]

RESTS = {"own": "our own records", "published": "a publication", "prior": "a judgement"}


def show(desk: Desk) -> None:
    """Build the view."""
    _View(desk)


class _View:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.key = ""
        self.asked: dict[str, Question] = {}
        self.fields: dict[str, dict[str, Any]] = {}
        intro(
            "What you know",
            "Answer what you can, as a range: “5 to 9”, “62-68%”. Leave the rest empty. The plan is then calibrated: "
            "the numbers that nobody can see are chosen so that it reproduces what you know.",
        )
        with ui.row().classes("asks"):
            self.owner = keep(desk, "interview owner", ui.input("Who answers", placeholder="a name or a team"))
            self.owner.props("outlined dense").classes("choice").mark("owner")
        self.apart = ui.label().classes("notice").props('role="status" aria-live="polite"').mark("interview-apart")
        self.place = ui.column().classes("wide")
        self.work = Work(
            desk, "interview", self.draw, self.request, label="Calibrate", icon="handyman", stale=False
        )  # fmt: skip
        self.result = ui.column().classes("wide")
        self.result.visible = False
        with self.result:
            self.headline = ui.label().classes("headline").mark("interview-headline")
            with card("What you said, and what the plan gives", "Simulated with other luck than was used to find it."):
                self.facts = ui.column().classes("wide")
            self.written = ui.column().classes("wide")
            with ui.expansion("Numbers that were found (for analysts)", icon="functions").classes("card wide"):
                self.found = ui.column().classes("wide")
        desk.on_change(self.fill)
        desk.on_change(self._set_apart)
        self.fill()
        self._set_apart()

    def _set_apart(self) -> None:
        """What is known is about how it is today, not about changes that are only thought of."""
        count = len(self.desk.turned)
        self.apart.visible = count > 0
        changes = "the change that you have made has" if count == 1 else f"the {count} changes that you have made have"
        self.apart.text = f"What you know is about the plan as it is in its file: {changes} no part in this."

    def fill(self) -> None:
        """Ask about the scenario that is looked at."""
        if self.desk.key == self.key and self.asked:
            return
        self.key, self.fields = self.desk.key, {}
        if self.desk.kept.get("interview of") != self.key:
            self.desk.kept |= {"interview of": self.key, "interview typed": {}}
        self.place.clear()
        self.asked = {}
        with self.place:
            if self.desk.scenario is None:
                ui.label("Choose a scenario first.").classes("muted")
                return
            several = questions(self.desk.scenario)
            self.asked = {one.path: one for one in several}
            groups: dict[str, list[Question]] = {}
            for one in several:
                groups.setdefault(one.group, []).append(one)
            for number, (group, members) in enumerate(groups.items()):
                self._group(group, members, unfolded=number < 2)

    def _group(self, group: str, members: list[Question], *, unfolded: bool) -> None:
        segment, _, what = group.partition(": ")
        title = f"{name(segment).capitalize()}: {what}" if what else "Everybody"
        told = sum(bool(one.answer) for one in members)
        title += f" ({told} known)" if told else ""
        with ui.expansion(title, icon="quiz", value=unfolded or told > 0).classes("card wide"):
            for one in members:
                self._question(one)

    def _question(self, one: Question) -> None:
        with ui.element("div").classes("known"):
            ui.label(one.text).classes("question-text")
            answer = ui.input("Answer", value=one.answer, placeholder=one.example)
            called(answer.props("outlined dense clearable stack-label"), one.text).classes("known-answer")
            answer.mark(f"known-{one.path}")
            source = ui.input("Where from", value=one.source, placeholder="source").props("outlined dense stack-label")
            source.classes("known-source").mark(f"source-{one.path}")
            rests = ui.select(RESTS, value=one.evidence or "prior", label="It rests on")
            rests.props("outlined dense options-dense").classes("known-rests")
            said = ui.label().classes("muted small known-said").props('role="status" aria-live="polite"')
        self.fields[one.path] = {"answer": answer, "source": source, "rests": rests}
        typed = self.desk.kept["interview typed"].setdefault(one.path, {})

        def look() -> None:
            text = str(answer.value or "").strip()
            answer.props(remove="error")
            said.classes(replace="muted small known-said")
            if not text:
                said.text = "Taken away" if one.answer else ""
                return
            try:
                said.text = "understood as " + shown_range(read_range(one.measure, text))
            except Misfit as misfit:
                answer.props("error hide-bottom-space")
                said.classes(replace="wrong known-said")
                said.text = f"This {misfit}"

        answer.on_value_change(look)
        for key, field in self.fields[one.path].items():
            if key in typed:
                field.set_value(typed[key])
            field.on_value_change(lambda event, key=key: typed.__setitem__(key, event.value))

    def request(self) -> dict[str, Any]:
        """What was answered otherwise than the plan says."""
        answers = {}
        for path, one in self.asked.items():
            fields = self.fields[path]
            text = str(fields["answer"].value or "").strip()
            source, rests = str(fields["source"].value or "").strip(), fields["rests"].value
            if (text, source, rests) == (one.answer, one.source, one.evidence or "prior") or not (text or one.answer):
                continue
            owner = str(self.owner.value or "").strip()
            answers[path] = {"text": text, "source": source, "evidence": rests, "owner": owner}
        if not answers and not any(one.answer for one in self.asked.values()):
            raise ValueError("answer at least one question first")
        if not answers:
            raise ValueError("nothing was changed: answer a question first")
        return self.desk.request(answers=answers, overlay={})

    def draw(self, picture: Picture) -> None:
        """Show what was found."""
        self.result.visible = True
        self.headline.text = picture["headline"]
        for place in (self.facts, self.found, self.written):
            place.clear()
        with self.facts:
            rows = [
                [one["text"], one["stated"], one["before"], f"{one['after']} ± {one['error']}",
                 "reproduced" if one["reproduced"] else "not reproduced"]
                for one in picture["facts"]
            ]  # fmt: skip
            table(["What you know", "You said", "Before", "The plan now gives", ""], rows, words=(0, 4), stacks=True)
        plan = Path(picture["plan"])
        with self.written:
            files = ", ".join(picture["files"])
            ui.label(f"Saved beside the scenario: {files}.").classes("strong").mark("interview-saved")
            if self.desk.opener is not None:
                opener = self.desk.opener
                key = plan.relative_to(self.desk.plans.folder).as_posix()
                ui.button("Open the calibrated plan", icon="launch", on_click=lambda: opener(key)).props(
                    "outline no-caps"
                ).mark("open-calibrated")
        with self.found:
            rows = [[one["path"], one["before"], one["value"], one["range"]] for one in picture["found"]]
            table(["Number", "Before", "Found", "90% range"], rows)
            if picture["stays"]:
                others = len(picture["stays"])
                ui.label(f"Your answers say next to nothing about {others} other numbers; they stay.").classes("muted")
