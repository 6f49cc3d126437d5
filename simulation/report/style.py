"""How figures look: one palette, one size, and pictures as PNG or as SVG that follows the page's colours."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import Formatter, MaxNLocator

from simulation.report.canvas import asked_for
from simulation.report.palette import BLUE, GREEN, GRID, INK, MUTED, ORANGE, PAPER, PURPLE, RED, SKY, YELLOW
from simulation.report.words import short

__all__ = [
    "BLUE", "DPI", "GREEN", "GRID", "INK", "MUTED", "ORANGE", "PAPER", "PURPLE", "RED", "SKY", "STYLE", "VARIABLES",
    "WIDTH", "YELLOW", "Ticks", "bands_legend", "drawn", "legend", "new_figure", "png", "svg", "title", "value_axis",
]  # fmt: skip

P = ParamSpec("P")
T = TypeVar("T")

VARIABLES = {
    BLUE: "blue", ORANGE: "orange", GREEN: "green", RED: "red", SKY: "sky", PURPLE: "purple",
    YELLOW: "yellow", INK: "ink", MUTED: "muted", GRID: "grid", PAPER: "paper",
}  # fmt: skip
"""Colour -> name of the page's variable that replaces it, so that figures are legible on dark pages too."""
WIDTH = 5.0
"""Inches; narrow, so that the text is still large enough on a telephone."""
DPI = 160
STYLE: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10.5,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlecolor": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "legend.fontsize": 9.5,
    "figure.facecolor": "white",
    "lines.solid_capstyle": "butt",
    "text.parse_math": False,  # names and currencies are free text: a dollar sign is a dollar sign
    "svg.fonttype": "none",
    "svg.hashsalt": "membersim",
}


def drawn(function: Callable[P, T]) -> Callable[P, T]:
    """Draw a figure in the report's style, whatever the style of the caller."""

    @wraps(function)
    def draw(*args: P.args, **kwargs: P.kwargs) -> T:
        with matplotlib.rc_context(STYLE):
            return function(*args, **kwargs)

    return draw


def new_figure(height: float = 3.3, width: float = WIDTH) -> Figure:
    """Return an empty figure, free of any global state; in a notebook, where it is wanted (`drawn_on`)."""
    canvas = asked_for()
    if canvas is None:
        return Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    return canvas.figure(height, width)


def title(figure: Figure, text: str) -> None:
    """Put a title at the left edge of the figure, over labels of any width."""
    figure.suptitle(text, x=0.01, ha="left", weight="bold", size=STYLE["axes.titlesize"])


def png(figure: Figure) -> bytes:
    """Return the picture as PNG, on white."""
    stream = io.BytesIO()
    with matplotlib.rc_context(STYLE):
        canvas: Any = FigureCanvasAgg(figure)  # savefig would draw twice
        canvas.print_png(stream, metadata={"Software": None})
    return stream.getvalue()


def svg(figure: Figure, name: str) -> str:
    """Return the picture as an SVG element for an HTML page: no header, unique ids, the page's colours.

    Parameters
    ----------
    name
        Unique in the page; letters, digits and hyphens.
    """
    stream = io.StringIO()
    with matplotlib.rc_context(STYLE):
        visible = figure.patch.get_visible()
        figure.patch.set_visible(False)  # the page shows through
        canvas: Any = FigureCanvasSVG(figure)
        canvas.print_svg(stream, metadata={"Date": None})
        figure.patch.set_visible(visible)
    text = stream.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<defs>\s*<style.*?</style>\s*</defs>", "", text, flags=re.DOTALL)
    text = re.sub(r' xmlns(:xlink)?="[^"]*"', "", text, count=2)
    text = text.replace("xlink:href=", "href=")
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r"url\(#", f"url(#{name}-", text)
    text = re.sub(r'href="#', f'href="#{name}-', text)
    text = re.sub(r'<svg width="[^"]*" height="[^"]*"', "<svg", text, count=1)
    for colour, variable in VARIABLES.items():
        text = re.sub(rf"(?<=: ){colour}\b", f"var(--{variable})", text, flags=re.IGNORECASE)
    return text.replace("'DejaVu Sans'", "var(--font)")


class Ticks(Formatter):
    """Labels of an axis in the unit of a measure, with the digits that the distance of its ticks needs."""

    def __init__(self, unit: str, currency: str = "") -> None:
        self.unit, self.currency = unit, currency

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """Return the labels of all ticks of an axis."""
        places = sorted(float(one) for one in values)
        gaps = [after - before for before, after in zip(places, places[1:], strict=False)]
        step = min((gap for gap in gaps if gap > 0), default=0.0)
        size = max((abs(one) for one in places), default=0.0) * (1 + 1e-9)
        unit = self.unit if self.unit in ("share", "money") else "count"  # the axis names the other units
        return [short(float(one), unit, self.currency, step, size) for one in values]

    def __call__(self, value: float, pos: int | None = None) -> str:
        """Return the label of one tick alone."""
        return self.format_ticks([value])[0]


def value_axis(ax: Axes, unit: str, currency: str, *, axis: str = "y", ticks: int = 6) -> None:
    """Set ticks and labels of the axis that carries a measure."""
    one = ax.yaxis if axis == "y" else ax.xaxis
    one.set_major_locator(MaxNLocator(ticks, integer=unit in ("members", "count"), steps=[1, 2, 2.5, 5, 10]))
    one.set_major_formatter(Ticks(unit, currency))


def legend(figure: Figure, ax: Axes, columns: int = 3) -> None:
    """Put one legend under the figure, where it hides nothing."""
    handles, labels = ax.get_legend_handles_labels()
    if handles:
        figure.legend(
            handles, labels, loc="outside lower left", ncols=columns,
            handlelength=1.4, columnspacing=1.2, handletextpad=0.5, borderaxespad=0.2,
        )  # fmt: skip


def bands_legend(figure: Figure) -> None:
    """Explain the bands of panels that have a colour each."""
    handles = [
        Patch(color=MUTED, alpha=0.25, linewidth=0),
        Patch(color=MUTED, alpha=0.5, linewidth=0),
        Line2D([], [], color=MUTED, linewidth=2),
    ]
    figure.legend(
        handles, ["P10 to P90", "P25 to P75", "median"], loc="outside lower left", ncols=3,
        handlelength=1.4, columnspacing=1.2, handletextpad=0.5, borderaxespad=0.2,
    )  # fmt: skip
