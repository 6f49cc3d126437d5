"""The colours of figures on paper and on the page; no drawing library is needed to know them."""

from __future__ import annotations

__all__ = ["BLUE", "GREEN", "GRID", "INK", "MUTED", "ORANGE", "PAPER", "PURPLE", "RED", "SKY", "YELLOW"]

# Okabe & Ito (2008): told apart by people with any colour vision.
BLUE, ORANGE, GREEN, RED, SKY, PURPLE, YELLOW = (
    "#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#f0e442",
)  # fmt: skip
INK, MUTED, GRID, PAPER = "#1b1f24", "#57606a", "#d8dee4", "#fefefe"
