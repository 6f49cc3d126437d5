"""Members of today for whom the scenario allows no past: said in a sentence, so that nobody overlooks them."""

from __future__ import annotations

from simulation.engine.ledger import OPEN, Ledger

__all__ = ["WHERE", "warnings"]

WHERE = ": `membersim check` says why, and in which rows."
"""End of the sentence: where there is more."""


def warnings(ledger: Ledger) -> tuple[str, ...]:
    """One sentence when members of the start had to be given a past; none otherwise."""
    forced = float(ledger.forced.mean())
    if forced == 0:
        return ()
    members = float(ledger.opening[..., OPEN.index("members")].sum(axis=1).mean())
    count = f"About {forced:,.0f}" if round(forced) else "On average fewer than one"
    share = f"{forced / members:.1%}" if forced / members >= 0.0005 else "less than 0.1%"
    return (
        f"{count} of {members:,.0f} members ({share}) could hardly be members still under this plan, by their dates "
        f"and milestone{WHERE}",
    )
