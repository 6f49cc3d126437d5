"""Forecasts in NetCDF files: what was counted, exactly, and the measures for other readers.

The root of the file holds the dataset `Forecast.data`, so any NetCDF reader sees measures with their names.
The group `run` holds the ledger's integers and the facts, from which a forecast is loaded without loss.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import xarray as xr

from simulation.engine.frame_record import frame_of, plain_frame
from simulation.engine.ledger import LEDGER_ARRAYS, Ledger, RunResult
from simulation.forecast.facts import ScenarioFacts

FORMAT = 3
ENGINE: Any = "h5netcdf"


def save(path: Path, data: xr.Dataset, result: RunResult, facts: ScenarioFacts, version: str, label: str = "") -> None:
    """Write a forecast; the file appears under its name only when it is complete.

    Raises
    ------
    OSError
        When it cannot be written.
    """
    write_netcdf(path, {None: data, "run": _run(result, facts, version, label)})


def write_netcdf(path: Path, groups: Mapping[str | None, xr.Dataset]) -> None:
    """Write datasets as the groups of one NetCDF file, compressed; it appears under its name only when it is whole.

    Raises
    ------
    OSError
        When it cannot be written.
    """
    content = BytesIO()  # the library that writes such files crashes the process when it meets a full disk
    for number, (group, data) in enumerate(groups.items()):
        _add(data, content, "a" if number else "w", group)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{uuid4().hex}.part")
    try:
        part.write_bytes(content.getbuffer())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def load(path: Path) -> tuple[RunResult, ScenarioFacts, str, str]:
    """Read what `save` wrote: the run, the facts, the version that ran it, and its label.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    ValueError
        When it is not a forecast, or of another format.
    """
    if not path.exists():
        raise FileNotFoundError(f"there is no forecast at {path}")
    try:
        return _read(path)
    except ValueError:
        raise
    except Exception as problem:  # HDF5, xarray and JSON each have their own ways to meet a damaged file
        raise ValueError(f"{path} is not a forecast: {problem}") from None


def _read(path: Path) -> tuple[RunResult, ScenarioFacts, str, str]:
    with xr.open_dataset(path, engine=ENGINE, group="run") as opened:
        run = opened.load()
    if "format" not in run.attrs:
        raise ValueError(f"{path} is not a forecast")
    if int(run.attrs["format"]) != FORMAT:
        other = "a later" if int(run.attrs["format"]) > FORMAT else "an earlier"
        raise ValueError(f"{path} was written by {other} version ({run.attrs['version']})")
    frame = frame_of(json.loads(_text(run, "frame")))
    replications = run["replications"].to_numpy()
    shapes = frame.shapes(len(replications))
    arrays = {name: _array(run, name, shapes[name]) for name in LEDGER_ARRAYS}
    paths: list[str] = json.loads(_text(run, "assumption_paths"))
    draws = _array(run, "assumption_values", (len(paths), len(replications)), np.float64)
    result = RunResult(
        frame,
        Ledger(**arrays),
        int(run.attrs["seed"]),
        [int(one) for one in replications],
        [int(one) for one in run["points"].to_numpy()],
        {name: draws[place] for place, name in enumerate(paths)},
    )
    facts = ScenarioFacts.from_json(_text(run, "facts"))
    return result, facts, str(run.attrs["version"]), str(run.attrs.get("label", ""))


def _run(result: RunResult, facts: ScenarioFacts, version: str, label: str) -> xr.Dataset:
    values = result.assumption_values
    draws = np.array([values[path] for path in values], np.float64).reshape(len(values), len(result.replications))
    arrays: dict[str, Any] = {name: result.ledger[name] for name in LEDGER_ARRAYS}
    arrays |= {"replications": np.array(result.replications, np.int64), "assumption_values": draws}
    arrays["points"] = np.array(result.points, np.int64)
    variables: dict[str, Any] = {
        name: (tuple(f"{name}_{axis}" for axis in range(array.ndim)), array) for name, array in arrays.items()
    }
    # Texts are variables, not attributes: HDF5 limits an attribute to 64 KB.
    variables |= {
        "frame": ((), json.dumps(plain_frame(result.frame))),
        "facts": ((), facts.to_json()),
        "scenario": ((), facts.yaml),
        "assumption_paths": ((), json.dumps(list(values))),
    }
    return xr.Dataset(variables, attrs={"format": FORMAT, "version": version, "seed": result.seed, "label": label})


def _add(data: xr.Dataset, file: BytesIO, mode: Any, group: str | None) -> None:
    """Add the variables that hold anything, compressed; empty ones are known from the frame."""
    full = data.drop_dims([name for name, size in data.sizes.items() if size == 0])
    encoding = {
        name: {"zlib": True, "complevel": 2}
        for name, one in full.data_vars.items()
        if one.ndim and one.dtype.kind in "if"
    }
    full.to_netcdf(file, mode=mode, group=group, engine=ENGINE, encoding=encoding)


def _array(run: xr.Dataset, name: str, shape: Sequence[int], kind: Any = np.int64) -> Any:
    if name not in run:  # without any element
        return np.zeros(tuple(shape), kind)
    return np.asarray(run[name].to_numpy(), kind).reshape(tuple(shape))


def _text(run: xr.Dataset, name: str) -> str:
    return str(run[name].to_numpy()[()])
