"""Every shipped scenario loads, says where its numbers come from, reloads the same, and tells the story it promises."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import simulation as sim
from simulation.scenario import from_mapping, load

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
STARTERS = ("hundred_members", "association", "saas")
OVERLAYS = {
    "training": "association",
    "consulting_addon": "saas",
    "tech_touch_adoption": "saas",
    "proactive_monitoring": "saas",
    "quota_selling": "saas",
    "tee_up": "saas",
}
SHIPPED = (*STARTERS, *OVERLAYS)
PROVENANCE = {"value", "source", "evidence", "owner", "review_by", "comment"}


def written(name: str) -> dict[str, Any]:
    """The file as it is written, without what it extends."""
    return YAML(typ="safe").load((SCENARIOS / f"{name}.yaml").read_text("utf-8"))


def path_of(name: str) -> Path:
    return SCENARIOS / f"{name}.yaml"


def test_the_promised_scenarios_are_there() -> None:
    there = {path.stem for path in SCENARIOS.glob("*.yaml")}
    assert there == {*SHIPPED, "reference", "donors"}


@pytest.mark.parametrize("name", SHIPPED)
def test_loads_without_a_warning_and_its_book_without_a_fault(name: str) -> None:
    scenario = load(path_of(name))
    assert scenario.warnings == ()
    book = sim.todays_members(scenario) if hasattr(sim, "todays_members") else None
    if scenario.book is not None and book is None:
        from simulation.scenario.book import load_book

        book = load_book(scenario.book.file, scenario)
    assert (book is None) == (scenario.book is None)


@pytest.mark.parametrize("name", SHIPPED)
def test_written_out_in_full_it_reloads_the_same(name: str) -> None:
    scenario = load(path_of(name))
    again = from_mapping(scenario.resolved(), folder=scenario.root)
    assert again == scenario
    assert again.digest() == scenario.digest()


def is_number(value: object) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, (int, float)) or (isinstance(value, str) and re.match(r"[-+]?\d", value) is not None)


def unsourced(tree: object, steps: tuple[str, ...]) -> Iterator[str]:
    """Paths of numbers that do not say where they come from."""
    if isinstance(tree, Mapping):
        if "value" in tree and set(tree) <= PROVENANCE:
            if not tree.get("source") or tree.get("evidence") not in ("own", "published", "prior"):
                yield ".".join(steps)
            return
        for key, value in tree.items():
            yield from unsourced(value, (*steps, str(key)))
    elif isinstance(tree, list):
        for place, value in enumerate(tree):
            yield from unsourced(value, (*steps, str(place)))
    elif is_number(tree) and not isinstance(tree, dt.date):
        yield ".".join(steps)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_number_says_where_it_comes_from(name: str) -> None:
    tree = written(name)
    for part in ("segments", "teams", "interventions", "selling"):
        assert list(unsourced(tree.get(part), (part,))) == []
    for part in ("assumptions", "known"):
        for path, entry in (tree.get(part) or {}).items():
            assert entry.get("source") and entry.get("evidence"), f"{part}: {path}"
    for path, entry in (tree.get("assumptions") or {}).items():
        assert entry.get("owner") and entry.get("review_by"), path


@pytest.mark.parametrize("name", SHIPPED)
def test_a_published_figure_names_its_publication_and_a_guess_is_called_prior(name: str) -> None:
    scenario = load(path_of(name))
    origins = [*scenario.provenance.values(), *scenario.known.values(), *scenario.assumptions.values()]
    assert origins
    for origin in origins:
        assert origin.evidence in ("published", "prior"), "no shipped number rests on own data"
        assert origin.evidence == "prior" or origin.source != "prior"


def test_a_number_without_a_source_would_be_found() -> None:
    tree = {"a": {"value": "3 days", "source": "prior", "evidence": "prior"}, "b": [{"c": 4}], "d": {"value": 1}}
    assert list(unsourced(tree, ())) == ["b.0.c", "d"]


@pytest.mark.parametrize("name", OVERLAYS)
def test_an_overlay_tells_its_story_and_keeps_the_rest(name: str) -> None:
    text = path_of(name).read_text("utf-8")
    story = list(text.partition("extends:")[0].splitlines())
    assert len(story) >= 5
    assert all(line.startswith("# ") for line in story)
    over, base = load(path_of(name)), load(path_of(OVERLAYS[name]))
    assert over.segments == base.segments
    assert (over.start, over.horizon, over.book) == (base.start, base.horizon, base.book)
    assert base.assumptions.keys() <= over.assumptions.keys()


# What each overlay does to the same people with the same luck: replications are paired, so few will do.

PAIRS = 8


@pytest.fixture(scope="module")
def software() -> sim.Forecast:
    return sim.run(path_of("saas"), replications=PAIRS, seed=11)


def change(name: str, base: sim.Forecast) -> tuple[sim.Forecast, Any]:
    over = sim.run(path_of(name), replications=PAIRS, seed=11)

    def difference(measure: str, **where: Any) -> float:
        return float((over.measure(measure, **where) - base.measure(measure, **where)).mean())

    return over, difference


def test_training_raises_first_year_renewal() -> None:
    base = sim.run(path_of("association"), replications=4, seed=11)
    over = sim.run(path_of("training"), replications=4, seed=11)
    gains = (over.measure("first_renewal_rate") - base.measure("first_renewal_rate")).values
    assert (gains > 0).all()
    assert float(over.measure("fees").mean()) > 0


def test_consulting_earns_fees_and_costs_consultants(software: sim.Forecast) -> None:
    over, difference = change("consulting_addon", software)
    assert difference("fees") > 0
    assert difference("cost") > 0
    assert difference("on_track") > 0
    assert 0.5 < float(over.measure("utilisation", team="consultants").mean()) < 0.85


def test_automated_adoption_moves_hours_to_conversations_about_value(software: sim.Forecast) -> None:
    over, difference = change("tech_touch_adoption", software)
    freed = float(software.measure("work_hours", intervention="setup_call").mean())
    assert difference("work_hours", intervention="value_conversation") > 0.5 * freed
    assert abs(difference("hours", team="success")) < 0.3 * freed
    assert difference("renewal_rate", segment="tech_touch") > 0
    assert "setup_call" not in over.data.intervention.values


def test_monitoring_meets_setbacks_before_they_escalate(software: sim.Forecast) -> None:
    _, difference = change("proactive_monitoring", software)
    assert difference("escalations") < -0.3 * float(software.measure("escalations").mean())
    assert difference("work_hours", intervention="rescue") < 0
    assert difference("nrr") > 0


def test_a_quota_sells_early_and_loses_later(software: sim.Forecast) -> None:
    over, difference = change("quota_selling", software)
    taken, pushed = (float(over.measure(name).sum()) for name in ("push_taken", "pushed"))
    assert 0.03 < taken / pushed < 0.09  # stated: 6%
    assert difference("expansion", within=90) > 0
    assert difference("renewal_rate") < 0
    first, second = (difference("nrr", window=f"T12:{year}-12") for year in (2027, 2028))
    assert second < first


def test_teeing_up_touches_the_take_and_nothing_else(software: sim.Forecast) -> None:
    _, difference = change("tee_up", software)
    assert difference("take_rate") > 0.04
    assert difference("expansion") > 0
    assert abs(difference("renewal_rate")) < 0.002
