"""Every other result in a notebook: its card has the numbers of its table, its picture an axes."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from matplotlib import pyplot

import simulation as sim
from simulation.report import cells
from simulation.report.cells.card import ROWS, Card
from simulation.scenario import from_mapping
from simulation.shown import Shown

PLAN = {
    "name": "Small",
    "start": "2027-01-01",
    "horizon": "12 months",
    "segments": {
        "firms": {
            "desired_outcome": {"required": "works"},
            "arr": 1000,
            "population": {"members": 40, "tenure": {"exponential": {"mean": "1 year"}}},
            "arrivals": {"per_month": 2},
            "vector": {"direction": {"typical": "35 deg", "spread": "30 deg"}, "interactions": "2 per month"},
            "journey": {
                "first_use": {"stage": "adoption", "after": "1 month"},
                "savings": {
                    "stage": "value",
                    "after": "2 months",
                    "opportunity": {"kind": "add_on", "arr": 300, "take": "50%", "window": "60 days"},
                },
            },
            "renewal": {"probability": "80%", "sensitivity": 1, "not_adopted": 1},
        }
    },
    "assumptions": {
        "segments.firms.renewal.probability": {"uniform": {"low": "70%", "high": "90%"}, "evidence": "prior"}
    },
    "objectives": {"enough": {"measure": "arr", "within": "365 days", "at_least": 60000}},
}
CALL = {"call": {"when": {"off_course": "20 deg"}, "who": {"cooldown": "60 days"}, "effects": [{"turn_toward": "60%"}]}}


class Texts(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture(autouse=True)
def _figures_are_closed() -> Iterator[None]:
    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def plan() -> sim.Scenario:
    return from_mapping(PLAN)


@pytest.fixture(scope="module")
def called() -> sim.Scenario:
    return from_mapping({**PLAN, "name": "With calls", "interventions": CALL})


@pytest.fixture(scope="module")
def comparison(plan: sim.Scenario, called: sim.Scenario) -> sim.Comparison:
    return sim.compare(plan, {"calls": called, "same": plan}, replications=20, workers=1)


def shown(found: Shown) -> list[str]:
    return Texts(found._repr_html_()).texts


def test_a_comparison(comparison: sim.Comparison) -> None:
    texts = shown(comparison)
    assert texts[0] == "calls and same against Small"
    one = comparison.describe("members", "calls")
    row = texts[texts.index("Members") :]
    assert float(row[2].replace("+", "")) == pytest.approx(one.mean, abs=0.51)
    assert row[4] == f"{one.better.value:.0%}"
    assert "same" not in texts[3:-1], "what is the same in every future has no row"
    assert len(comparison.plot().get_yticks()) > 3
    ax = comparison.plot("arr", "calls")
    assert len(ax.lines[0].get_xdata()) == len(comparison.base.frame.periods) + 1
    assert len(comparison.plot("arr").figure.axes) == 2
    with pytest.raises(ValueError, match="has 2 panels"):
        comparison.plot("arr", ax=ax)
    with pytest.raises(ValueError, match="unknown alternative 'call'; there are calls, same"):
        comparison.plot("arr", "call")
    assert "Nothing to draw" in comparison.plot("arr", "same").texts[0].get_text()


def test_twins_and_two_lives(plan: sim.Scenario, called: sim.Scenario) -> None:
    found = sim.twins(plan, called, replications=4, workers=1)
    texts = shown(found)
    assert texts[0] == "Who gains from With calls"
    assert {"directly affected", "all"} <= set(texts)
    assert found.plot().get_xlabel().startswith("USD of ARR")
    log = sim.events(called, engine="compiled")
    member = str(log.loc[log["kind"] == "delivered", "member"].iloc[0])
    lives = sim.explain(plan, called, member)
    texts = shown(lives)
    assert texts[:2] == ["Two lives of a member (firms)", lives.cause]


def test_a_sweep(plan: sim.Scenario) -> None:
    found = sim.sweep(
        plan, {"segments.firms.arrivals.per_month": [2, 4]}, measures=["members"], replications=4, workers=1
    )
    texts = shown(found)
    means = found.table()["mean"].tolist()
    assert texts[0] == "Small: 2 of 2 settings"
    assert [float(text) for text in texts[-4:-1:2]] == pytest.approx([round(one) for one in means], abs=1)
    assert found.plot().lines


def test_what_must_be_true_and_what_it_depends_on(plan: sim.Scenario) -> None:
    forecast = sim.run(plan, replications=200, workers=1)
    found = sim.must_be_true(forecast, plan, "enough", probability=0.8)
    texts = shown(found)
    assert texts[0] == "What must be true: enough"
    assert any("firms: renewal probability" in text for text in texts)
    ax = found.plot()
    assert ax.get_xlabel() == "firms: renewal probability"


def test_a_history_and_where_members_stand(plan: sim.Scenario) -> None:
    history = sim.History.from_events(sim.events(plan, engine="compiled"), plan)
    texts = shown(history)
    joined = history.frame["event"].eq("joined").sum()
    assert texts[texts.index("joined") + 1] == f"{joined:,}"
    found = sim.infer(history, plan, particles=64, draws=4, workers=1)
    texts = shown(found)
    assert texts[texts.index("firms") + 1] == f"{len(found.table):,}"
    widths = [bar.get_width() for bar in found.plot().patches[:3]]
    assert sum(widths) == pytest.approx(1.0)


def test_every_result_with_a_picture_has_a_card() -> None:
    from importlib import import_module

    for name, home in cells._HOMES.items():
        module = import_module(f"simulation.report.cells.{home}")
        assert name in module.CARDS
    for home in set(cells._HOMES.values()):
        module = import_module(f"simulation.report.cells.{home}")
        assert set(module.PICTURES) <= set(module.CARDS) <= set(cells._HOMES)


def test_a_card_says_how_many_rows_it_leaves_out() -> None:
    texts = Texts(Card("Many", heads=("a",), rows=[[str(n)] for n in range(ROWS + 3)]).html()).texts
    assert texts == ["Many", "a", *map(str, range(ROWS)), "3 more rows."]


def test_the_shipped_scenarios_have_cards() -> None:
    for path in (Path(__file__).parents[3] / "scenarios").glob("*.yaml"):
        if path.stem != "donors":
            assert shown(sim.load(path))[0] == sim.load(path).name
