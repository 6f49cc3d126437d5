"""Every figure can be drawn of any forecast, without touching pyplot, and says what its axes are."""

import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable

import numpy as np
import pytest
from matplotlib import rcParams
from matplotlib.figure import Figure

from simulation.forecast import Forecast
from simulation.forecast.courses import course
from simulation.report import bars, curves, fans
from simulation.report.gallery import DRAWINGS
from simulation.report.style import VARIABLES, png, svg
from tests.report.cases import empty, forecast, hostile


@pytest.fixture(scope="module")
def ordinary() -> Forecast:
    return forecast(replications=12)


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_figures_have_titles_and_labels_on_every_axis(
    draw: Callable[[Forecast], Figure | None], ordinary: Forecast
) -> None:
    before = dict(rcParams)
    figure = draw(ordinary)
    assert figure is not None and dict(rcParams) == before
    assert figure.get_suptitle() or all(ax.get_title(loc="left") for ax in figure.axes)
    for ax in figure.axes:
        sides = ax.get_subplotspec()
        assert sides is not None
        named = [label.get_text() for label in ax.get_yticklabels()]
        if sides.is_first_col():
            assert ax.get_ylabel() or named, "the vertical axis has a label, or names its rows"
        if sides.is_last_row():
            assert ax.get_xlabel()


def test_pyplot_is_not_needed() -> None:
    import subprocess

    code = "import sys, simulation.report.gallery; print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_svg_follows_the_colours_of_the_page(ordinary: Forecast) -> None:
    text = svg(fans.stages(ordinary), "stages")
    assert text.startswith("<svg viewBox=") and "<metadata" not in text and "<style" not in text
    assert "http" not in text and 'id="stages-' in text and "var(--ink)" in text and "var(--orange)" in text
    assert not any(colour in text.lower() for colour in VARIABLES)
    ElementTree.fromstring(text)


def test_the_same_figure_is_the_same_to_the_byte(ordinary: Forecast) -> None:
    one, other = (bars.waterfall(ordinary, "individual") for _ in range(2))
    assert png(one) == png(other) and svg(one, "a") == svg(other, "a")


@pytest.mark.parametrize(
    "made",
    [
        lambda: forecast(replications=1, assumptions=False),
        lambda: forecast(replications=4, periods="week", days=800),
        lambda: forecast(replications=4, periods="quarter", fiscal_year_starts=7, days=1500),
        lambda: forecast(replications=4, days=20),
        lambda: empty(),
        lambda: empty(replications=4, members=7, days=400),
        hostile,
    ],
    ids=["single", "weeks", "quarters", "short", "empty", "still", "hostile"],
)
def test_no_forecast_is_too_odd_to_draw(made: Callable[[], Forecast]) -> None:
    odd = made()
    with np.errstate(all="raise", under="ignore"):
        drawn = {name: draw(odd) for name, draw in DRAWINGS.items()}
    for name, figure in drawn.items():
        if figure is not None and name in ("arr", "stages", "waterfall", "team_wait", "renewal_by_term"):
            ElementTree.fromstring(svg(figure, "x"))


def test_levels_start_with_the_book_and_the_bands_are_percentiles(ordinary: Forecast) -> None:
    for measure, column in (("members", "members"), ("arr", "arr"), ("in_value", "value"), ("away", "away")):
        times, values = course(ordinary, measure)
        opening = ordinary.ledger.opening[:, :, ["members", "arr", "adoption", "value", "growth", "complete",
                                                 "on_track", "drifting", "away"].index(column)].sum(axis=1)  # fmt: skip
        scale = 100 if measure == "arr" else 1
        assert times[0] == ordinary.frame.start and np.array_equal(values[:, 0], opening / scale)
    times, values = course(ordinary, "expansion", segment="corporate")
    assert values.shape == (12, len(ordinary.frame.periods)) and len(times) == values.shape[1]
    figure = fans.fan(ordinary, "members")
    line = figure.axes[0].lines[0]
    assert np.array_equal(line.get_ydata(), np.median(course(ordinary, "members")[1], axis=0))


def test_what_is_not_there_is_not_drawn() -> None:
    nothing = empty()
    for draw in (fans.retention, fans.team_fan, bars.expansion, bars.intervention_hours, bars.luck_and_ignorance,
                 bars.assumption_effects, curves.renewal_by_term, curves.first_value):  # fmt: skip
        assert draw(nothing) is None
