"""The import: upload the exports, confirm how they are read, compare control totals, and keep the result as a plan."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from nicegui import events, ui

from simulation.app.desk import Desk
from simulation.app.jobs.job import Picture
from simulation.app.views.keeping import keep
from simulation.app.views.tables import table
from simulation.app.views.told import card, intro
from simulation.app.views.upload import TABLES, Upload
from simulation.app.views.words import called
from simulation.app.views.work import Work
from simulation.report.words import name

__all__ = ["show"]

ALL = "all"


def show(desk: Desk) -> None:
    """Build the view."""
    _View(desk)


class _View:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.given: dict[tuple[str, ...], Any] = desk.kept.setdefault("answers", {})
        self.totals: dict[str, dict[str, float]] = desk.kept.setdefault("totals", {})
        self.folder = ""
        self.shape: list[Any] = []
        self.fields: dict[tuple[str, ...], tuple[Any, ui.label]] = {}
        self.groups: dict[str, ui.expansion] = {}
        intro(
            "Import",
            "Give the exports of your systems as they are: members, invoices, events, courses, logins, survey answers. "
            "They are joined by member; you confirm what was understood. Nothing leaves this machine.",
        )
        with ui.row().classes("asks"):
            self.upload = Upload(
                desk, "exports", "Exports, and import.yaml of last time", endings=(*TABLES, ".yaml", ".yml"),
                several=True,
            )  # fmt: skip
            self.exported = keep(desk, "import exported", ui.input("Day of the export", placeholder="today"))
            self.exported.classes("choice").props('type="date" stack-label outlined dense').mark("import-exported")
            self.mine = keep(desk, "import mine", ui.switch("Into the plan that is chosen")).mark("import-into")
            self.mine.tooltip("Segments and milestones of that plan are used; otherwise new ones are proposed")
        self.work = Work(
            desk, "importing", self.draw, self.request, label="Read the files", icon="input", noun="", stale=False
        )
        self.open = ui.label().classes("notice").props('role="status" aria-live="polite"').mark("import-open")
        self.open.visible = False
        self.result = ui.column().classes("wide")
        self.reading = ui.label("How the files were read").classes("subtitle").props('role="heading" aria-level="3"')
        self.questions = ui.column().classes("wide")
        self.reading.bind_visibility_from(self.questions, "visible")
        self.questions.visible = self.result.visible = False
        self._fill_result()

    def _fill_result(self) -> None:
        with self.result:
            self.headline = ui.label().classes("headline").mark("import-headline")
            self.saying = ui.column().classes("wide")
            with card("Control totals", "What should come out, from your books: the gap is shown, and its rows."):
                self.wanted = ui.column().classes("wide")
                self.checks = ui.column().classes("wide")
            with ui.element("div").classes("pair wide"):
                with card("Members", "On the day of the export."):
                    self.members = ui.column().classes("wide narrow")
                with card("What happened", "Rows of the history, by event."):
                    self.events = ui.column().classes("wide narrow")
            self.wrong = card("What does not fit", "Rows that are not used, or not as they stand.")
            with card(
                "Keep it", "A book, a history and a plan that starts from them, in a folder beside your scenarios."
            ):
                with ui.row().classes("asks"):
                    self.called = keep(self.desk, "import folder", ui.input("Folder", value="imported"))
                    self.called.props("outlined dense").classes("choice").mark("import-folder")
                    ui.button("Save", icon="save", on_click=self._save).props("unelevated no-caps").mark("import-save")
                self.saved = ui.column().classes("wide").props('role="status" aria-live="polite"')

    def request(self) -> dict[str, Any]:
        """The files, and all that was answered so far."""
        if not self.upload.files:
            raise ValueError("give the exports first: one of them holds the members")
        asked: dict[str, Any] = self.desk.request() if self.mine.value else {"scenario": "", "overlay": {}}
        folder, self.folder = self.folder, ""
        return asked | {
            "files": [str(path) for path in self.upload.files.values()],
            "given": [[list(path), value] for path, value in self.given.items()],
            "exported": self.exported.value or "",
            "totals": {one: values for one, values in self.totals.items() if values},
            "folder": folder,
        }

    def draw(self, picture: Picture) -> None:
        """Show what was understood."""
        self.questions.visible = bool(picture["questions"])
        self._draw_questions(picture["questions"])
        count = picture["open"]
        self.open.visible = count > 0
        self.open.text = (
            f"{count} question{'' if count == 1 else 's'} below that no file can answer: they are marked"
            if count
            else ""
        )
        self.result.visible = bool(picture["result"])
        if picture["result"]:
            self._draw_result(picture)

    def _draw_questions(self, questions: list[Mapping[str, Any]]) -> None:
        shape = [(one["path"], one["options"]) for one in questions]
        if shape != self.shape:
            self.shape, self.fields = shape, {}
            self.questions.clear()
            with self.questions:
                self.groups = {}
                for group, several in groupby(sorted(questions, key=_group), key=_group):
                    self._draw_group(group, list(several))
        for group, fold in self.groups.items():
            waits = sum(one["proposal"] is None for one in questions if one["group"] == group)
            count = sum(one["group"] == group for one in questions)
            fold.text = f"{group}: {waits} to answer" if waits else f"{group}: {count} understood"
            fold.props(f"icon={'help' if waits else 'check'}")
        for one in questions:
            field, why = self.fields[tuple(one["path"])]
            why.text = one["why"]
            why.classes(replace="open-question" if one["proposal"] is None else "muted small")
            value = _typed(one)
            if field.value != value:
                field.set_value(value)

    def _draw_group(self, group: str, questions: list[Mapping[str, Any]]) -> None:
        waits = any(one["proposal"] is None for one in questions)
        with ui.expansion(group, value=waits).classes("card wide") as self.groups[group]:
            for one in questions:
                with ui.element("div").classes("question"):
                    text = one["text"].removeprefix(f"{group}: ")
                    ui.label(text[:1].upper() + text[1:]).classes("question-text")
                    self.fields[tuple(one["path"])] = self._field(one)

    def _field(self, one: Mapping[str, Any]) -> tuple[Any, ui.label]:
        path = tuple(one["path"])
        field: Any
        if one["options"]:
            known = {_key(value): str(meaning) or "not used" for value, meaning in one["options"]}
            value = _typed(one)
            if value is not None and value not in known:
                known[value] = value
            field = ui.select(known, value=value).props("outlined dense options-dense")
        else:
            field = ui.input(value=_typed(one)).props("outlined dense debounce=700")
        called(field, one["text"]).classes("question-field").mark("answer-" + ".".join(path))
        why = ui.label().classes("muted small")

        def answered(event: events.ValueChangeEventArguments[Any]) -> None:
            self._answer(one, event.value)

        field.on_value_change(answered)
        return field, why

    def _answer(self, one: Mapping[str, Any], typed: Any) -> None:
        """An answer changes what follows from it: the files are read again."""
        path = tuple(one["path"])
        value = _meant(one, typed)
        before = self.given.get(path, one["proposal"])
        if typed is None or value == before:
            return
        self.given[path] = value
        self.work.run()

    def _draw_result(self, picture: Picture) -> None:
        self.headline.text = picture["headline"]
        currency = picture["currency"]
        self.saying.clear()
        with self.saying:
            for one in picture["changes"]:
                ui.label(f"Since last time: {one}").classes("point")
            for one in picture["warnings"]:
                ui.label(one[:1].upper() + one[1:]).classes("notice")
        for place in (self.members, self.events, self.checks):
            place.clear()
        rows = [[name(one["segment"]), f"{one['members']:,}", f"{one['arr']:,.2f}"] for one in picture["segments"]]
        with self.members:
            table(["Segment", "Members", f"ARR, {currency} a year"], rows)
            for segments, journey in picture["journeys"].items():
                if journey:
                    steps = [name(one) + (f" ({stage})" if stage else "") for one, stage in journey]
                    told = " → ".join(steps)
                    ui.label(f"Milestones of {name(segments)}: {told}").classes("small").mark("import-journey")
                if any(stage for _, stage in journey):
                    ui.label(
                        "Order and stages are what the exports make likely: confirm them below, under “All files”."
                    ).classes("muted small")
        with self.events:
            table(["Event", "Rows"], [[name(one), f"{count:,}"] for one, count in picture["events"].items()])
        self._draw_wanted([ALL, *(one["segment"] for one in picture["segments"])], currency)
        with self.checks:
            for one in picture["checks"]:
                _check(one, currency)
        self._draw_wrong(picture)
        if picture["saved"]:
            self._draw_saved(picture["saved"])

    def _draw_wanted(self, segments: list[str], currency: str) -> None:
        """Where control totals are typed; kept while the segments stay the same."""
        if getattr(self.wanted, "segments", None) == segments:
            return
        self.wanted.segments = segments  # type: ignore[attr-defined]
        self.wanted.clear()
        with self.wanted:
            for segment in segments if len(segments) > 2 else [ALL]:
                title = "All members" if segment == ALL else name(segment).capitalize()
                with ui.row().classes("asks"):
                    ui.label(title).classes("total-of")
                    for measure, unit in (("members", "Members"), ("arr", f"ARR, {currency} a year")):
                        given = self.totals.get(segment, {}).get(measure)
                        field = ui.number(unit, value=given, min=0).props("outlined dense debounce=700")
                        called(field, f"{title}: {unit}")
                        field.classes("choice").mark(f"total-{segment}-{measure}")
                        field.on_value_change(
                            lambda event, segment=segment, measure=measure: self._total(segment, measure, event.value)
                        )

    def _total(self, segment: str, measure: str, value: float | None) -> None:
        own = self.totals.setdefault(segment, {})
        if value is None:
            own.pop(measure, None)
        else:
            own[measure] = int(value) if measure == "members" else float(value)
        self.work.run()

    def _draw_wrong(self, picture: Picture) -> None:
        self.wrong.clear()
        self.wrong.visible = bool(picture["misfits"])
        with self.wrong:
            ui.label("What does not fit").classes("title").props('role="heading" aria-level="3"')
            with ui.column().classes("wide narrow"):
                table(["Reason", "Rows"], [[reason, f"{count:,}"] for reason, count in picture["reasons"]])
            rows = [[file, f"{line:,}", column, message] for file, line, column, message in picture["misfits"]]
            with ui.expansion("Row by row", icon="table_rows").classes("wide"):
                table(["File", "Line", "Column", "What is wrong"], rows, words=(0, 2, 3), stacks=True)
                if picture["more"]:
                    ui.label(f"and {picture['more']:,} more, in does_not_fit.csv").classes("muted")

    def _save(self) -> None:
        """Write the result into a folder of the page."""
        called = str(self.called.value or "").strip()
        if not called or Path(called).name != called or called.startswith("."):
            self.work.complain("Give the folder a plain name, such as imported")
            return
        within = self.desk.plans.path(self.desk.key).parent if self.mine.value else self.desk.plans.folder
        self.folder = str(within / called)
        self.work.run()

    def _draw_saved(self, files: list[str]) -> None:
        plan = Path(files[0])
        key = plan.relative_to(self.desk.plans.folder).as_posix()
        self.saved.clear()
        with self.saved:
            said = f"Saved: {', '.join(Path(one).relative_to(self.desk.plans.folder).as_posix() for one in files)}."
            ui.label(said).classes("strong").mark("import-saved")
            ui.label("Give import.yaml with the files of next month, and nothing is asked.").classes("muted")
            if self.desk.opener is not None:
                opener = self.desk.opener
                ui.button("Open the plan", icon="launch", on_click=lambda: opener(key)).props("outline no-caps")


def _group(one: Mapping[str, Any]) -> str:
    return str(one["group"])


def _key(value: Any) -> str:
    """A value as a key of a choice."""
    return str(value)


def _typed(one: Mapping[str, Any]) -> Any:
    """The proposal as it stands in its field."""
    value = one["proposal"]
    if value is None:
        return None if one["options"] else ""
    if isinstance(value, list):
        return " to ".join(f"{each:g}" for each in value)
    return _key(value)


def _meant(one: Mapping[str, Any], typed: Any) -> Any:
    """What was chosen or typed as the value of an answer."""
    for value, _ in one["options"]:
        if _key(value) == typed:
            return value
    if one["path"][-1] == "scale":
        ends = str(typed).replace("to", " ").replace(",", " ").split()
        try:
            low, high = (float(each) for each in ends)
        except ValueError:
            return one["proposal"]
        return [low, high]
    return typed


def _check(one: Mapping[str, Any], currency: str) -> None:
    """A control total beside what came out."""
    whose = "All members" if one["segment"] == ALL else name(one["segment"]).capitalize()
    if one["agrees"]:
        ui.label(f"{whose}: agrees").classes("strong good")
        return
    parts = []
    if one["missing_members"]:
        count = abs(one["missing_members"])
        parts.append(
            f"{count:,} member{'' if count == 1 else 's'} too {'few' if one['missing_members'] > 0 else 'many'}"
        )
    if abs(one["missing_arr"]) >= 0.005:
        parts.append(f"{currency} {abs(one['missing_arr']):,.2f} too {'little' if one['missing_arr'] > 0 else 'much'}")
    ui.label(f"{whose}: {', '.join(parts)}").classes("strong bad")
    if one["explained"]:
        said = "; or by ".join(", ".join(each) for each in one["explained"])
        ui.label(f"Exactly explained by: {said}").classes("point")
    rows = [
        [cause["reason"], f"{cause['members']:,}", f"{cause['arr']:,.2f}",
         ", ".join(f"{Path(file).name}:{line}" for file, line in cause["rows"][:6])]
        for cause in one["causes"][:8]
    ]  # fmt: skip
    if rows:
        table(["What may explain it", "Members", f"ARR, {currency} a year", "Rows"], rows, words=(0, 3), stacks=True)
