"""Files that a visitor gives: kept in a folder of his desk, and never run."""

from __future__ import annotations

from pathlib import Path

from nicegui import events, ui

from simulation.app.desk import Desk
from simulation.app.guard import LIMIT

__all__ = ["TABLES", "Upload", "size_words"]

TABLES = (".csv", ".tsv", ".txt", ".parquet", ".xlsx")


class Upload:
    """A place to drop files; making one puts it on the page.

    Parameters
    ----------
    part
        Which part of the page they are for; what was given to it before is there again.
    label
        What is wanted.
    endings
        How its name may end.
    several
        Whether several may be given; otherwise one takes the place of the one before.

    Attributes
    ----------
    files : dict
        What is there: path by name. A file that is refused changes nothing.
    """

    def __init__(
        self,
        desk: Desk,
        part: str,
        label: str,
        *,
        endings: tuple[str, ...] = TABLES,
        several: bool = False,
    ) -> None:
        self.files: dict[str, Path] = desk.kept.setdefault(f"{part} files", {})
        self.several = several
        self._endings = endings
        self._folder = desk.files(part)
        with ui.column().classes("given"):
            self._upload = ui.upload(
                label=label, auto_upload=True, multiple=several, max_file_size=LIMIT, on_upload=self._take,
                on_rejected=self._refuse,
            )  # fmt: skip
            self._upload.props(f'accept="{",".join(endings)}" flat bordered').classes("upload").mark("upload")
            self._list = ui.row().classes("given-files").props('role="list" aria-label="Files"')
            self._words = ui.label().classes("wrong").props('role="status" aria-live="polite"')
            self._words.visible = False
        self._show()

    @property
    def path(self) -> Path | None:
        """The file that was given last; None when there is none."""
        return next(reversed(self.files.values()), None)

    def drop(self, name: str) -> None:
        """Forget a file."""
        self.files.pop(name).unlink(missing_ok=True)
        self._show()

    async def _take(self, event: events.UploadEventArguments) -> None:
        name = Path(event.file.name.replace("\\", "/")).name
        if not self.several:  # else it would stop those that are still on their way
            self._upload.reset()
        if Path(name).suffix.lower() not in self._endings:
            self._refuse()
            return
        target = self._folder / name
        await event.file.save(target)
        if not self.several:
            self.files.clear()
        self.files[name] = target
        self._words.visible = False
        self._show()

    def _show(self) -> None:
        self._list.clear()
        with self._list:
            for name, path in self.files.items():
                said = f"{name}, {size_words(path.stat().st_size)}"
                chip = ui.chip(said, icon="description", removable=True).props('outline role="listitem"')
                chip.on("remove", lambda name=name: self.drop(name))

    def _refuse(self) -> None:
        most = f"{LIMIT // 2**20} MB"
        self._words.text = f"Not taken: a file of at most {most} that ends in {', '.join(self._endings)} is wanted."
        self._words.visible = True


def size_words(size: int) -> str:
    """How large a file is: 312 bytes, 2.4 kB, 12 MB."""
    if size < 1000:
        return f"{size} byte{'' if size == 1 else 's'}"
    number, unit = (size / 1e3, "kB") if size < 999_500 else (size / 1e6, "MB")
    return f"{number:.1f} {unit}" if number < 9.95 else f"{number:.0f} {unit}"
