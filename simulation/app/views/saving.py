"""Saving the changes as a file: its name, what it changes, and no file overwritten without asking."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from nicegui import ui

from simulation.app.desk import Desk
from simulation.app.overlay import difference, file_name, save, text_of
from simulation.app.views.words import complain
from simulation.scenario import ScenarioError

__all__ = ["save_dialog"]


async def save_dialog(desk: Desk, saved: Callable[[str], Awaitable[None]]) -> None:
    """Ask how to call the changed scenario, show how it differs, and save it next to its base.

    Parameters
    ----------
    saved
        Called with the key of the new file.
    """
    base = desk.scenario
    assert base is not None
    path = desk.plans.path(desk.key)
    with ui.dialog() as dialog, ui.card().classes("dialog wide-dialog"):
        ui.label("Save as a scenario").classes("title")
        given = ui.input("Name", value=f"{base.name}: what-if").classes("wide").props("outlined autofocus")
        given.mark("save-name")
        where = ui.label().classes("muted")
        wrong = ui.column().classes("trouble").props('role="alert"')
        wrong.visible = False
        ui.label("What it changes").classes("subtitle")
        lines = ui.html(sanitize=False).classes("diff").props('tabindex="0" aria-label="Difference to the base"')
        again = ui.checkbox("Replace the file of that name").mark("replace")
        again.visible = False
        with ui.row().classes("dialog-foot"):
            ui.button("Cancel", on_click=dialog.close).props("flat no-caps")
            keep = ui.button("Save").props("unelevated no-caps").mark("save-now")

    def look() -> None:
        target = path.parent / file_name(given.value)
        named = bool(file_name(given.value))
        where.text = f"{target.name}, next to {path.name}" if named else "Give it a name with letters or digits"
        again.visible = named and target.exists()
        keep.set_enabled(named and target != path and (again.value or not target.exists()))

    async def write() -> None:
        target = path.parent / file_name(given.value)
        notes = ("Made on the page of `membersim app`.", f"To run it: membersim run {target.name}")
        text = text_of(path, desk.overlay, given.value.strip(), path.parent, notes)
        try:
            await asyncio.to_thread(save, target, text, replace=bool(again.value))
        except ScenarioError as error:
            complain(wrong, str(error), error.problems)
            return
        except OSError as error:
            complain(wrong, f"It could not be saved: {error}")
            return
        dialog.close()
        ui.notify(f"Saved as {target.name}", type="positive")
        await saved(target.relative_to(desk.plans.folder).as_posix())

    keep.on_click(write)
    given.on_value_change(look)
    again.on_value_change(look)
    look()
    dialog.open()
    try:
        lines.set_content(_marked(await asyncio.to_thread(difference, base, desk.overlay)))
    except ScenarioError as error:
        complain(wrong, str(error), error.problems)
        keep.disable()


def _marked(lines: list[str]) -> str:
    """The lines of a diff as HTML, those that go and those that come told apart."""
    import html

    kinds = {"+": "plus", "-": "minus", "@": "place"}
    parts = [
        f'<div class="{kinds.get(line[:1], "")}">{html.escape(line) or "&nbsp;"}</div>'
        for line in lines
        if not line.startswith(("---", "+++"))
    ]
    return f"<pre>{''.join(parts)}</pre>"
