"""Members of today for whom the scenario allows no past: said in a sentence, so that nobody overlooks them."""

from __future__ import annotations

from simulation.engine.ledger import OPEN, Ledger

__all__ = ["warnings"]


def warnings(ledger: Ledger) -> tuple[str, ...]:
    """One sentence when members of the start had to be given a past; none otherwise."""
    forced = float(ledger.forced.mean())
    if forced == 0:
        return ()
    members = float(ledger.opening[..., OPEN.index("members")].sum(axis=1).mean())
    count = f"About {forced:,.0f}" if round(forced) else "On average fewer than one"
    share = f"{forced / members:.1%}" if forced / members >= 0.0005 else "less than 0.1%"
    return (
        f"{count} of {members:,.0f} members ({share}) have a past that the scenario makes all but impossible: "
        "hardly anybody with their dates and milestone would still be a member today. They start from a past in which "
        "they were made to stay. If they are many, the renewal, churn or journey of the scenario does not fit them, or "
        "their rows are wrong; `membersim check` names the rows.",
    )
