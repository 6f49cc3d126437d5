"""`membersim compare --explain`: one member's lives side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulation.cli.screen import BadInput, Screen
from simulation.cli.tables import records

if TYPE_CHECKING:
    from simulation.scenario import Scenario

__all__ = ["show_lives"]

COLUMNS = ("date", "in the base", "in the alternative", "ARR")
BEFORE = 3
"""Events that are shown before two lives part."""


def show_lives(
    plans: Mapping[str, Scenario], member: str, options: dict[str, Any], *, quarantine: bool, screen: Screen
) -> int:
    """Show a member's life in the base beside that in each alternative.

    Raises
    ------
    BadInput
        When no life has such a member.
    """
    from simulation.experiment.compare import books_of
    from simulation.experiment.lives import explain
    from simulation.report.words import number

    books = books_of(plans, quarantine=quarantine)
    found = []
    for name, plan in plans.items():
        if name == "base":
            continue
        try:
            lives = explain(plans["base"], plan, member, books=(books["base"], books[name]), **options)
        except ValueError as error:
            if type(error) is not ValueError:
                raise
            raise BadInput(f"--explain: {error}") from None
        table = lives.table
        start = max(0, int(table["parted"].to_numpy().argmax()) - BEFORE) if table["parted"].any() else 0
        rows = [
            (
                f"{row['date']:%Y-%m-%d}",
                row["base"] or "",
                row["alternative"] or "",
                " | ".join(number(row[key], "money", plan.currency) for key in ("base_arr", "alternative_arr")),
            )
            for row in records(table.iloc[start:])
        ]
        title = f"Member {lives.member} ({lives.segment}), future {options['replication']}: base beside {name}"
        parted = "" if lives.parted is None else f"The two lives part on {lives.parted:%Y-%m-%d}. "
        screen.show(f"{name}: {parted}{lives.cause}")
        screen.table(title, COLUMNS, rows, text=(0, 1, 2))
        if start:
            screen.show(f"{start} earlier {'event is' if start == 1 else 'events are'} the same in both lives.")
        found.append(
            {
                "alternative": name,
                "member": lives.member,
                "segment": lives.segment,
                "parted": lives.parted,
                "cause": lives.cause,
                "events": records(table),
            }
        )
    screen.result({"explain": found, "future": options["replication"], "seed": options["seed"]})
    return 0
