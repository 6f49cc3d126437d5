"""The words of a history: documented, and enough for what the engine knows."""

from __future__ import annotations

from pathlib import Path

from simulation.evidence.history import EVENTS, WORDS
from simulation.evidence.history.simulated import HIDDEN, RENAMED
from simulation.model.state import KINDS

README = Path(__file__).parents[3] / "README.md"


def test_the_readme_explains_every_event() -> None:
    text = README.read_text("utf-8")
    rows = [f"| `{event}` | {word.meaning} | {word.name} | {word.value} |" for event, word in WORDS.items()]
    assert "\n".join(rows) in text


def test_every_kind_of_the_event_log_has_a_word_or_is_hidden() -> None:
    words = {RENAMED.get(kind, kind) for kind in KINDS}
    assert words - set(EVENTS) == HIDDEN
    assert set(EVENTS) - words == {"due", "price", "moved", "expanded", "usage", "rating", "arr", "correction"}
