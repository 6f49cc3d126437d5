"""A key without a value is never swallowed: in an overlay it removes what is there, elsewhere it is a mistake."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from simulation.scenario import ScenarioError, from_mapping, load

Write = Callable[..., Path]
NO_VALUE = "the key has no value"
NO_COLON = "expected a colon and a value after this; a text with a comma in it needs quotes"


def problems(path: Path, *overlays: Path) -> list[tuple[str, int | None, int | None, str, str]]:
    """What is wrong: file, line, column, path and message."""
    with pytest.raises(ScenarioError) as caught:
        load(path, overlays=overlays)
    return [(Path(p.file).name, p.line, p.column, p.path, p.message) for p in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "replaced", "column", "path", "words"),
    [
        ("arr: 100", "arr: 100\n    term:", 5, "term", NO_VALUE),
        ("arr: 100", "arr: 100\n    term: ~", 5, "term", NO_VALUE),
        ("arr: 100", "arr: 100\n    trem: null", 5, "trem", NO_VALUE),
        ("arr: 100", "arr: 100\n    win_back: {rate: 1 per year, within: }", 34, "win_back.within", NO_VALUE),
        ("{required: works}", "{required: works, and well}", 40, "desired_outcome.and well", NO_COLON),
        ("arr: 100", "arr: {value: 100, source: survey, 2026}", 39, "arr.2026", NO_COLON),
    ],
)
def test_in_a_scenario_it_is_an_error_with_its_place(
    write: Write, small: str, text: str, replaced: str, column: int, path: str, words: str
) -> None:
    changed = small.replace(text, replaced)
    (found,) = [one for one in problems(write(changed)) if one[4].startswith(words)]
    line = small[: small.index(text)].count("\n") + 1 + replaced.count("\n")
    assert found[:4] == ("small.yaml", line, column, f"segments.people.{path}")


def test_a_section_of_nothing_but_comments_is_an_error(write: Write, small: str) -> None:
    assert problems(write(small + "objectives:\n  # none yet\n")) == [
        ("small.yaml", small.count("\n") + 1, 1, "objectives", f"{NO_VALUE}: give one or leave the key out "
         "(null removes a key in an overlay only)")
    ]  # fmt: skip


def test_python_values_are_no_exception(write: Write) -> None:
    with pytest.raises(ScenarioError, match="book: the key has no value"):
        from_mapping({"name": "x", "book": None})


def test_an_overlay_removes_what_is_there_and_what_the_schema_knows(write: Write) -> None:
    base = write()
    over = write("segments: {people: {term: null, journey: {result: {opportunity: null}}}}\n", "over.yaml")
    scenario = load(base, overlays=[over, over])
    assert scenario.segments["people"].journey["result"].opportunity is None


@pytest.mark.parametrize("extends", ["extends: small.yaml\n", ""])
@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ("interventions: {welcom: null}", "interventions.welcom", "did you mean 'welcome'?"),
        ("segments: {people: {journy: null}}", "segments.people.journy", "did you mean 'journey'?"),
        ("segments: {people: {price: {uplift: null}}}", "segments.people.price.uplift", NO_VALUE),
        ("interventions: {welcome: {effects: [{advance: null}]}}", "interventions.welcome.effects.0.advance", NO_VALUE),
        ("description: tried, failed, dropped\nsegments: {people: {arr, term: 6 months}}", "segments.people.arr",
         NO_COLON),
    ],
)  # fmt: skip
def test_an_overlay_that_removes_nothing_is_misspelt(
    write: Write, extends: str, text: str, path: str, words: str
) -> None:
    base, over = write(), write(f"{extends}{text}\n", "over.yaml")
    found = problems(base, over) if not extends else problems(over)
    assert any(one[0] == "over.yaml" and one[1] and one[2] and one[3] == path and words in one[4] for one in found)


def test_extends_needs_a_file(write: Write, small: str) -> None:
    assert "expected the path of a file, not nothing" in problems(write("extends:\n" + small))[0][4]
