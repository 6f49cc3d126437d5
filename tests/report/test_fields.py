from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import simulation as sim
from simulation.report.fields import field_words
from simulation.report.words import path_words

SHIPPED = sorted((Path(__file__).parents[2] / "scenarios").glob("*.yaml"))


def numbers(tree: Any, *at: str) -> Iterator[str]:
    """Paths of every number of a scenario written out in full."""
    if isinstance(tree, Mapping):
        for key, one in tree.items():
            yield from numbers(one, *at, str(key))
    elif isinstance(tree, Sequence) and not isinstance(tree, str):
        for place, one in enumerate(tree):
            yield from numbers(one, *at, str(place))
    elif not isinstance(tree, bool) and tree is not None and any(one.isdigit() for one in str(tree)):
        yield ".".join(at)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_no_two_numbers_of_a_scenario_are_called_the_same(file: Path) -> None:
    tree = sim.load(file).resolved()
    paths = [
        one for part in ("segments", "interventions", "teams", "selling") for one in numbers(tree.get(part, {}), part)
    ]
    called: dict[str, str] = {}
    for one in paths:
        assert path_words(one) not in called, (one, called[path_words(one)])
        called[path_words(one)] = one
    assert called


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_what_shipped_scenarios_assume_is_called_in_words(file: Path) -> None:
    for path in sim.load(file).assumptions:
        words = path_words(path)
        assert not any(one in words for one in ("beta", "per month", "response", "toward", "points", ": 1,")), words


def test_fields() -> None:
    assert field_words(("renewal", "probability")) == "renewal probability"
    assert field_words(("renewal", "probability", "beta", "b")) == "weight against renewing"
    assert field_words(("renewal", "probability", "triangular", "low")) == "renewal probability, low"
    assert field_words(("win_back", "rate", "lognormal", "spread")) == "return of former members, spread"
    assert field_words(("journey", "go_live", "opportunity", "take")) == "go live, take rate"
    assert field_words(("effects", "0", "shorten", "go_live")) == "go live, share of the work saved"
    assert field_words(("effects", "2", "renewal_lift", "half_life")) == "lift of renewal, half life (effect 3)"
    assert field_words(("price", "changes", "1", "change")) == "price change 2"
    assert field_words(("price", "changes", "1", "date")) == "price, changes, 1, date"
    assert field_words(("who", "tenure", "at_least")) == "who, tenure, at least"
