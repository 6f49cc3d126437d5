"""`membersim schema`: the JSON Schema of scenario files, for editors and other programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from simulation.cli.folder import write_text
from simulation.cli.screen import SCREEN, Screen

__all__ = ["schema"]


def schema(
    *,
    out: Annotated[Path | None, Parameter(help="Write to this file instead of standard output.")] = None,
    screen: Screen = SCREEN,
) -> None:
    """Print the JSON Schema of scenario files."""
    from simulation.scenario.schema import json_schema

    text = json.dumps(json_schema(), indent=2) + "\n"
    if out is None:
        print(text, end="")
        return
    write_text(out, text)
    screen.show(f"Wrote {out}")
    screen.result({"file": out})
