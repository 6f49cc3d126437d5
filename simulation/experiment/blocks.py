"""A block of finished replications as one file that knows whether it is whole.

The file is the SHA-256 of its body and the body, which is a NumPy archive (npz, no pickles). A file that was cut
off, damaged or written by somebody else is told by its digest before anything in it is read.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from simulation.engine.frame_record import frame_of, plain_frame
from simulation.engine.ledger import LEDGER_ARRAYS, Ledger, RunResult

__all__ = ["DamagedError", "pack", "read_file", "unpack", "write_file"]

FORMAT = 2
DIGEST = hashlib.sha256().digest_size
LEVEL = 1
"""Of compression: counts are mostly zeros, so little effort gets most of it."""


class DamagedError(ValueError):
    """A file is no whole block of this key."""


@dataclass(frozen=True)
class _Meta:
    format: int
    key: str
    seed: int
    paths: list[str]
    frame: dict[str, Any]


def pack(key: str, result: RunResult) -> bytes:
    """The body of a block: a run and the key that it belongs to."""
    values = result.assumption_values
    meta = {
        "format": FORMAT, "key": key, "seed": result.seed, "paths": list(values), "frame": plain_frame(result.frame),
    }  # fmt: skip
    arrays: dict[str, npt.NDArray[Any]] = {
        "meta": np.frombuffer(json.dumps(meta).encode(), np.uint8),
        "replications": np.array(result.replications, np.int64),
        "points": np.array(result.points, np.int64),
        "assumption_values": np.array(list(values.values()), np.float64).reshape(len(values), len(result.points)),
        **{f"ledger_{name}": array for name, array in result.ledger.items()},
    }
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.ascontiguousarray(array), allow_pickle=False)
    return body.getvalue()


def unpack(key: str, body: bytes) -> RunResult:
    """The run in the body of a block.

    Raises
    ------
    DamagedError
        When it is something else, or of another key.
    """
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        meta = _Meta(**json.loads(arrays["meta"].tobytes()))
        if (meta.format, meta.key) != (FORMAT, key):
            raise DamagedError("it belongs to another run")
        frame = frame_of(meta.frame)
        numbers, points = arrays["replications"].tolist(), arrays["points"].tolist()
        ledger = Ledger(**{name: arrays[f"ledger_{name}"] for name in LEDGER_ARRAYS})
        values = arrays["assumption_values"]
        wrong = [name for name, shape in frame.shapes(len(numbers)).items() if ledger[name].shape != shape]
        wrong += [name for name in LEDGER_ARRAYS if ledger[name].dtype != np.int64]
        if wrong or len(points) != len(numbers) or values.shape != (len(meta.paths), len(numbers)):
            raise DamagedError("its arrays do not fit each other")
    except DamagedError:
        raise
    except Exception as error:  # zipfile, numpy and json each have their own ways to fail
        raise DamagedError(f"it cannot be read: {error}") from None
    return RunResult(frame, ledger, meta.seed, numbers, points, dict(zip(meta.paths, values, strict=True)))


def write_file(path: Path, body: bytes) -> None:
    """Write a body with its digest; the file appears under its name only when it is whole and on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{uuid4().hex}.part")
    try:
        with draft.open("wb") as file:
            file.write(hashlib.sha256(body).digest())
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def read_file(path: Path) -> bytes:
    """The body of a file that `write_file` wrote.

    Raises
    ------
    DamagedError
        When its digest says that it is not whole.
    OSError
        When there is no such file, or it cannot be read.
    """
    content = path.read_bytes()
    if hashlib.sha256(content[DIGEST:]).digest() != content[:DIGEST]:
        raise DamagedError("it is not whole")
    return content[DIGEST:]
