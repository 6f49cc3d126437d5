"""A file that a visitor gives: kept in a folder of its own while the page is open, and never run."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from nicegui import context, events, ui

from simulation.app.guard import LIMIT

__all__ = ["Upload", "forget"]

_folders: set[Path] = set()
"""Where files are that were given and not yet forgotten."""
TABLES = (".csv", ".tsv", ".txt", ".parquet", ".xlsx")


def forget(*folders: Path) -> None:
    """Remove what was given: of these folders, or of all visitors when the server ends."""
    for one in folders or tuple(_folders):
        shutil.rmtree(one, ignore_errors=True)
        _folders.discard(one)


class Upload:
    """A place to drop a file; making one puts it on the page.

    Parameters
    ----------
    label
        What is wanted.
    taken
        Called when a file has arrived.
    endings
        How its name may end.
    several
        Whether several may be given at once.

    Attributes
    ----------
    path : Path or None
        The last file that arrived; one that is refused leaves the one before.
    """

    def __init__(
        self,
        label: str,
        taken: Callable[[], None] | None = None,
        *,
        endings: tuple[str, ...] = TABLES,
        several: bool = False,
    ) -> None:
        self.path: Path | None = None
        self.several = several
        self._taken, self._endings = taken, endings
        self._folder = Path(tempfile.mkdtemp(prefix="membersim-"))
        _folders.add(self._folder)
        context.client.on_delete(lambda: forget(self._folder))
        self._upload = ui.upload(
            label=label, auto_upload=True, multiple=several, max_file_size=LIMIT, on_upload=self._take,
            on_rejected=self._refuse,
        )  # fmt: skip
        self._upload.props(f'accept="{",".join(endings)}" flat bordered').classes("upload").mark("upload")
        self._words = ui.label().classes("muted").props('role="status" aria-live="polite"')

    async def _take(self, event: events.UploadEventArguments) -> None:
        name = Path(event.file.name.replace("\\", "/")).name
        if not self.several:  # else it would stop those that are still on their way
            self._upload.reset()
        if Path(name).suffix.lower() not in self._endings:
            self._refuse()
            return
        target = self._folder / name
        await event.file.save(target)
        self.path = target
        self._words.text = f"{name}, {event.file.size() / 1e6:,.1f} MB"
        if self._taken is not None:
            self._taken()

    def _refuse(self) -> None:
        most = f"{LIMIT // 2**20} MB"
        self._words.text = f"Not taken: a file of at most {most} that ends in {', '.join(self._endings)} is wanted."
