"""`membersim store`: where finished replications are kept, how much that is, and how to be rid of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from simulation.cli.screen import SCREEN, Screen

if TYPE_CHECKING:
    from simulation.experiment.store import Store

__all__ = ["NoStore", "chosen_store", "store"]

NoStore = Annotated[bool, Parameter(name="--no-store", show_default=False)]
"""The option of every command that simulates: neither read nor keep finished replications."""


def store(*, clear: Annotated[bool, Parameter(show_default=False)] = False, screen: Screen = SCREEN) -> int:
    """Show where finished replications are kept, and how much that is.

    Parameters
    ----------
    clear
        Remove them all. They are simulated again when they are needed.
    """
    from simulation.experiment.store import Store

    place = Store.default(tell=screen.note)
    if clear:
        gone = place.clear()
        screen.show(f"Removed {gone.runs:,} runs, {megabytes(gone.size)}, from {place.folder}")
        screen.result({"folder": place.folder, "removed": asdict(gone), "limit": place.limit})
        return 0
    usage = place.usage()
    screen.show(f"Finished replications are kept in {place.folder} (MEMBERSIM_STORE names another folder).")
    screen.show(
        f"{usage.runs:,} runs in {usage.files:,} files, {megabytes(usage.size)} of at most {megabytes(place.limit)}; "
        "beyond that, what has not been used for the longest time goes (MEMBERSIM_STORE_LIMIT, in MB)."
    )
    screen.result({"folder": place.folder, "limit": place.limit, **asdict(usage)})
    return 0


def chosen_store(no_store: bool, screen: Screen) -> Store | None:
    """The store of this user for a command, or None with --no-store."""
    if no_store:
        return None
    from simulation.experiment.store import Store

    return Store.default(tell=lambda text: screen.note(f"warning: {text}"))


def resume(command: str, no_store: bool) -> str:
    """How to go on after an interruption: from what the store keeps, or from the start without it."""
    if no_store:
        return f"Nothing is kept without the store. To start again: {command}"
    return f"What was simulated is kept in the store. To go on from there: {command}"


def megabytes(size: int) -> str:
    """A size for people."""
    return f"{size / 2**20:,.1f} MB"
