"""A scenario and its forecast in a notebook: what the card says, and what the picture shows."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from matplotlib import pyplot

import simulation as sim

SCENARIOS = Path(__file__).parents[3] / "scenarios"


@pytest.fixture(autouse=True)
def _figures_are_closed() -> Iterator[None]:
    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def hundred() -> sim.Scenario:
    return sim.load(SCENARIOS / "hundred_members.yaml")


@pytest.fixture(scope="module")
def forecast(hundred: sim.Scenario) -> sim.Forecast:
    return sim.run(hundred, replications=20, seed=7, workers=1)


class Cells(HTMLParser):
    """Texts of a card, and its tags with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_card_of_a_scenario(hundred: sim.Scenario) -> None:
    seen = Cells(hundred._repr_html_())
    assert seen.texts[0] == "One hundred members"
    row = seen.texts[seen.texts.index("members") :]
    assert row[:6] == ["members", "The outcome for which they became members", "0", "$5,000", "2", "100%"]


def test_the_card_of_a_forecast(forecast: sim.Forecast) -> None:
    seen = Cells(forecast._repr_html_())
    assert seen.texts[0] == "One hundred members"
    assert seen.texts[1].startswith("ARR at the end of March 2027 will be between $")
    table = forecast.summary(by="horizon", measures=["expansion"]).loc["expansion"]
    row = seen.texts[seen.texts.index("Expansion") :]
    assert row[1] == "whole horizon"
    shown = [float(text.strip("$").replace(",", "")) for text in row[2:5]]
    assert shown == pytest.approx(table[["P10", "P50", "P90"]].tolist(), abs=100)


def test_a_card_takes_its_colours_from_the_notebook_and_is_no_formula(forecast: sim.Forecast) -> None:
    html = forecast._repr_html_()
    assert "color" not in html and "background" not in html
    tag, attributes = Cells(html).tags[0]
    assert tag == "div" and set((attributes["class"] or "").split()) == {"tex2jax_ignore", "mathjax_ignore"}


def test_a_terminal_shows_a_line(hundred: sim.Scenario, forecast: sim.Forecast) -> None:
    from IPython.lib.pretty import pretty

    assert pretty(hundred) == "<Scenario: One hundred members>"
    assert pretty(forecast) == repr(forecast) == "<Forecast of 'One hundred members': 20 futures, 90 days>"
    found = sim.History.from_events(sim.events(hundred, engine="compiled"), hundred)
    assert pretty(found) == "<History: What happened (simulated: One hundred members)>"


def test_names_are_escaped(hundred: sim.Scenario) -> None:
    changed = hundred.model_copy(update={"name": "<script>alert(1)</script>", "description": "<b>&"})
    html = changed._repr_html_()
    assert "<script" not in html and "<b>" not in html
    assert "&lt;script&gt;" in html and "&lt;b&gt;&amp;" in html


def test_the_picture_of_a_journey(hundred: sim.Scenario) -> None:
    ax = hundred.plot()
    widths = [bar.get_width() for bar in ax.patches]
    assert widths == [step.after for step in hundred.segments["members"].journey.values()]
    assert ax.patches[1].get_x() == widths[0], "the second begins where the first ends"
    assert [text.get_text() for text in ax.texts] == ["upsell $1,000, 90% take"]
    assert "months" in ax.get_xlabel()
    with pytest.raises(ValueError, match="unknown segment 'firms'; there are members"):
        hundred.plot("firms")


def test_a_picture_is_drawn_where_it_is_wanted(forecast: sim.Forecast) -> None:
    figure, (left, right) = pyplot.subplots(1, 2)
    assert forecast.plot("expansion", ax=right) is right
    assert right.lines and not left.lines
    assert right.get_title(loc="left").startswith("Expansion")
    own = forecast.plot("expansion")
    assert own.figure is not figure
    assert own.figure.number in pyplot.get_fignums(), "Matplotlib knows the figure, so that a notebook shows it"
    assert own.lines[0].get_ydata().tolist() == right.lines[0].get_ydata().tolist()
    assert forecast.plot(segment="members").figure.get_suptitle() == "ARR: members"


def test_a_notebooks_backend_stays_as_it_is_set(forecast: sim.Forecast) -> None:
    """As IPython's does, a backend may switch Matplotlib to interactive when the first figure is made."""
    import matplotlib

    made = pyplot.figure

    def figure(*args: object, **kwargs: object) -> object:
        matplotlib.interactive(True)
        return made(*args, **kwargs)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch, matplotlib.rc_context():
        patch.setattr(pyplot, "figure", figure)
        forecast.plot()
        assert matplotlib.is_interactive()


def test_drawing_elsewhere_ends_with_the_picture(forecast: sim.Forecast) -> None:
    from simulation.report.fans import fan

    pyplot.close("all")
    with pytest.raises(ValueError, match="unknown measure"):
        forecast.plot("expnsion")
    assert not pyplot.get_fignums(), "a notebook would show half a picture"
    before = pyplot.get_fignums()
    fan(forecast)
    assert pyplot.get_fignums() == before, "figures of a report are free of global state"
