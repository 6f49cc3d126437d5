"""The drawer: which scenario, what is turned in it, and what becomes of the changes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import groupby

from nicegui import events, ui

from simulation.app.controls import Control
from simulation.app.desk import Desk, WhatIf
from simulation.app.plans import Plan
from simulation.app.views.saving import save_dialog
from simulation.app.views.words import about, called, complain
from simulation.scenario import ScenarioError

__all__ = ["Side", "titles_of"]

FUTURES = {50: "50: a first look", 200: "200: for planning", 1000: "1,000: for a board"}
MOST_SEED = 2**32 - 1
SEED = (
    "Which futures: the same seed gives the same ones, another one gives others. How much the answer changes with it "
    "shows how much luck is left in it."
)


class Side:
    """The drawer of one visitor; making one puts it on the page.

    Parameters
    ----------
    found
        The scenarios of the folder.
    run
        Runs the forecast.
    """

    def __init__(self, desk: Desk, found: list[Plan], run: Callable[[], Awaitable[None]]) -> None:
        self.desk, self.run = desk, run
        with ui.column().classes("side-top"):
            titles = titles_of(found)
            here = desk.key if desk.key in titles else None
            self.choice = ui.select(titles, value=here, label="Scenario").props("outlined dense options-dense")
            self.choice.classes("wide").mark("scenario").on_value_change(self._choose)
            self.trouble = ui.column().classes("trouble").props('role="alert"')
            self.trouble.visible = False
            _broken(found)
        self.rest = ui.column().classes("side-rest")
        with self.rest:
            self.controls = ui.column().classes("controls")
        self.foot = ui.column().classes("side-foot")
        self.rest.visible = self.foot.visible = False
        self._fill_foot()
        desk.on_change(self._show_changes)
        desk.opener = self._saved
        if desk.scenario is not None:  # left by a page of before
            self._fill()

    def choose(self, key: str) -> None:
        """Choose a scenario, as if in the list."""
        self.choice.set_value(key)

    async def _choose(self, event: events.ValueChangeEventArguments[str | None]) -> None:
        if event.value is None:
            return
        try:
            scenario, controls = await asyncio.to_thread(self.desk.read, event.value)
        except ScenarioError as error:
            complain(self.trouble, str(error), error.problems)
            return
        self.trouble.visible = False
        self.desk.choose(event.value, scenario, controls)
        self._fill()

    def _fill(self) -> None:
        """Show the controls of the scenario."""
        self.rest.visible = self.foot.visible = True
        self.controls.clear()
        with self.controls:
            for group, members in groupby(self.desk.controls.values(), key=lambda one: one.group):
                _group(self.desk, group, list(members))

    def _fill_foot(self) -> None:
        with self.foot:
            self.changes = ui.column().classes("changes")
            with ui.row().classes("foot-row"):
                self.aside = ui.button("Compare", icon="compare_arrows", on_click=self._put_aside)
                self.aside.props("outline no-caps dense").mark("put-aside").tooltip(
                    "Keep these changes as a what-if and look at it beside others"
                )
                self.save = ui.button("Save", icon="save", on_click=lambda: save_dialog(self.desk, self._saved))
                self.save.props("outline no-caps dense").mark("save").tooltip("Save these changes as a file")
                self.undo = ui.button("Undo all", icon="undo", on_click=self._reset).props("flat no-caps dense")
            with ui.row().classes("foot-row"):
                ui.select(FUTURES, value=self.desk.replications, label="Simulated futures").props(
                    "outlined dense options-dense"
                ).classes("futures").bind_value(self.desk, "replications")
                seed = ui.number("Seed", value=self.desk.seed, min=0, max=MOST_SEED, precision=0, format="%.0f")
                about(seed.props("outlined dense").classes("seed"), SEED).on_value_change(self._reseed)
            run = ui.button("Run", icon="play_arrow", on_click=self.run).props("unelevated no-caps")
            run.classes("run wide").mark("run")
        self._show_changes()

    def _reseed(self, event: events.ValueChangeEventArguments[float | None]) -> None:
        """Take another set of futures; what is no number of one leaves the one before."""
        if event.value is not None and 0 <= event.value <= MOST_SEED:
            self.desk.seed = int(event.value)

    def _show_changes(self) -> None:
        found = self.desk.changes()
        self.changes.clear()
        self.changes.visible = self.aside.visible = self.save.visible = self.undo.visible = bool(found)
        with self.changes:
            for control, before, after in found[-6:]:
                with ui.row().classes("change"):
                    ui.label(_full(control)).classes("change-what")
                    ui.label(f"{before} → {after}").classes("change-to")
            if len(found) > 6:
                ui.label(f"and {len(found) - 6} more").classes("muted")

    def _reset(self) -> None:
        self.desk.reset()
        self._fill()

    def _put_aside(self) -> None:
        """Ask for a name and keep the changes as a what-if."""
        with ui.dialog() as dialog, ui.card().classes("dialog"):
            ui.label("Keep as a what-if").classes("title")
            given = ui.input("What to call it", value=self._suggestion()).classes("wide").props("autofocus outlined")
            given.mark("what-if-name")
            wrong = ui.label().classes("wrong").props('role="alert"')

            def keep() -> None:
                what_if = WhatIf(given.value.strip(), str(self.desk.plans.path(self.desk.key)), self.desk.overlay)
                try:
                    self.desk.put_aside(what_if)
                except ValueError as error:
                    wrong.text = str(error).capitalize()
                    return
                dialog.close()
                ui.notify(f"“{what_if.name}” is under Compare", type="positive")

            given.on("keydown.enter", keep)
            with ui.row().classes("dialog-foot"):
                ui.button("Cancel", on_click=dialog.close).props("flat no-caps")
                ui.button("Keep", on_click=keep).props("unelevated no-caps").mark("keep")
        dialog.open()

    def _suggestion(self) -> str:
        """A name from the first change."""
        control, _, after = self.desk.changes()[0]
        return f"{_full(control)} {after}"[:60]

    async def _saved(self, key: str) -> None:
        """After saving: the new file is a scenario like the others, and the one that is looked at."""
        found = await asyncio.to_thread(self.desk.plans.found)
        self.choice.set_options(titles_of(found))
        self.choice.set_value(key)


def titles_of(found: list[Plan]) -> dict[str, str]:
    """The scenarios that can be chosen; those that extend another one say so."""
    good = [one for one in found if not one.problems]
    names = [one.title for one in good]
    return {
        one.key: f"{'↳ ' if one.base else ''}{one.title}" + (f" ({one.key})" if names.count(one.title) > 1 else "")
        for one in good
    }


def _broken(found: list[Plan]) -> None:
    """Files that cannot be read, with what is wrong with them."""
    bad = [one for one in found if one.problems]
    if not found:
        ui.label("There is no scenario in this folder yet. “membersim new myplan” makes one.").classes("muted")
    if bad:
        word = "file" if len(bad) == 1 else "files"
        with ui.expansion(f"{len(bad)} {word} cannot be read", icon="error_outline").classes("broken wide"):
            for one in bad:
                ui.label(one.key).classes("strong")
                for problem in one.problems[:5]:
                    ui.label(str(problem)).classes("mono")


def _group(desk: Desk, title: str, members: list[Control]) -> None:
    """The controls of one intervention, or of the teams, prices, selling."""
    switch = next((one for one in members if one.form == "switch"), None)
    group = ui.expansion(_short(title)).classes("group wide").props("dense dense-toggle")
    with group, ui.column().classes("group-inner"):
        choice = next((one for one in members if one.form == "choice"), None)
        chosen = None if choice is None else _choice(desk, choice)
        for control in members:
            if control.form == "slider":
                slider = _slider(desk, control)
                if chosen is not None and choice is not None and control.needs == choice.path:
                    slider.bind_visibility_from(chosen, "value", backward=lambda value: value != "objectives")
    if switch is not None:
        _switch(desk, switch, group)


def _switch(desk: Desk, control: Control, group: ui.expansion) -> None:
    """A switch in the head of its group."""
    value = bool(desk.turned.get(control.path, control.value))
    with group.add_slot("header"):
        ui.label(_short(control.group)).classes("group-title")
        ui.space()
        toggle = called(ui.switch(value=value).props("dense"), _short(control.group))
        about(toggle, control.hint).mark(f"control-{control.path}")
        toggle.on("click.stop", lambda: None)  # or it would open its group as well

    def flip(event: events.ValueChangeEventArguments[bool | None]) -> None:
        group.classes(remove="off") if event.value else group.classes(add="off")
        desk.turn(control.path, bool(event.value))

    toggle.on_value_change(flip)
    if not value:
        group.classes(add="off")


def _choice(desk: Desk, control: Control) -> ui.select:
    """One of several."""
    value = desk.turned.get(control.path, control.value)
    choice: ui.select = ui.select(dict(control.choices or {}), value=value, label=control.label)
    choice.props("outlined dense options-dense").classes("wide").mark(f"control-{control.path}")
    choice.on_value_change(lambda event: desk.turn(control.path, event.value))
    return about(choice, control.hint)


def _slider(desk: Desk, control: Control) -> ui.column:
    """A number."""
    value = desk.turned.get(control.path, control.value)
    unsure = " Uncertain in the scenario: turned, it is one number." if control.assumed else ""
    with ui.column().classes("control") as place:
        with ui.row().classes("control-head"):
            about(ui.label(control.label), control.fixed or control.hint + unsure)
            ui.space()
            number = ui.label(control.shown(value)).classes("control-value")
        number.classes(add="turned" if value != control.value else "")
        slider = ui.slider(min=control.low, max=control.high, step=control.step, value=float(value))
        called(slider.props("dense"), control.label).mark(f"control-{control.path}")
        slider.set_enabled(not control.fixed)

    def show(event: events.ValueChangeEventArguments[float | None]) -> None:
        now = control.value if event.value is None else _neat(event.value)
        number.text = control.shown(now)
        number.classes(remove="turned") if now == control.value else number.classes(add="turned")
        desk.turn_soon(control.path, now)

    slider.on_value_change(show)
    return place


def _neat(value: float) -> float:
    """Without the dust of a slider's arithmetic."""
    return float(f"{float(value):.10g}")


def _short(title: str) -> str:
    return title.removeprefix("Intervention: ").capitalize()


def _full(control: Control) -> str:
    """A control with where it belongs."""
    if control.form == "switch":
        return _short(control.group)
    of_one = control.group.startswith("Intervention")
    return f"{_short(control.group)}: {control.label.lower()}" if of_one else control.label
