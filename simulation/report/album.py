"""The figures of a page that is no forecast's: each kept as PNG for its file and as SVG for the page."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup
from matplotlib.figure import Figure

from simulation.report.csvfile import write_bytes
from simulation.report.page import Picture
from simulation.report.style import png, svg

__all__ = ["Album"]


class Album:
    """Figures by name, in the order in which they were added."""

    def __init__(self) -> None:
        self.png: dict[str, bytes] = {}

    def add(self, name: str, figure: Figure | None, alt: str, caption: str = "") -> list[Picture]:
        """Keep a figure and return it for the page, with what it shows in words; nothing when there is none."""
        if figure is None:
            return []
        self.png[name] = png(figure)
        figure.set_layout_engine("none")  # laid out once is enough
        drawing = Markup(svg(figure, name.replace("_", "-")))  # noqa: S704 - made here
        return [Picture(drawing, alt, caption)]

    def write(self, folder: Path) -> list[Path]:
        """Write the figures as PNG and return their paths."""
        paths = [folder / f"{name}.png" for name in self.png]
        for path, content in zip(paths, self.png.values(), strict=True):
            write_bytes(path, content)
        return paths
