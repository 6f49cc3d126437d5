"""The forecast of a finished run, for commands that ask more of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from simulation.cli.screen import BadInput

if TYPE_CHECKING:
    from simulation.forecast import Forecast

__all__ = ["finished_forecast"]

FORECAST = "forecast.nc"


def finished_forecast(path: Path) -> Forecast:
    """Load the forecast of a run, by its folder or its file forecast.nc.

    Raises
    ------
    BadInput
        When there is none, or it is no forecast.
    """
    from simulation.forecast import Forecast

    file = path / FORECAST if path.is_dir() else path
    if not file.is_file():
        raise BadInput(f"{path} holds no finished run: there is no {FORECAST}; make one with `membersim run`")
    try:
        return Forecast.load(file)
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(f"{file} is not a forecast that can be read: {error}") from None
