"""Event logs as a Parquet file in which no member can be recognised elsewhere."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from simulation.cli.outcome import Request
    from simulation.scenario import Scenario
    from simulation.scenario.book import Book

__all__ = ["local_key", "pseudonyms", "write_events"]

KEY_BYTES = 32


def write_events(scenario: Scenario, request: Request, book: Book | None, path: Path) -> None:
    """Write the event logs of the first replications, one row group each, in bounded memory."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    import simulation as sim

    key = local_key()
    writer: Any = None
    try:
        for replication in range(request.events):
            log = sim.events(scenario, replication=replication, seed=request.seed, engine=request.engine, book=book)
            log = log.assign(member=pseudonyms(log["member"], key))
            log.insert(0, "replication", replication)
            table = pa.Table.from_pandas(log, preserve_index=False)
            writer = writer or pq.ParquetWriter(path, table.schema)
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()


def pseudonyms(members: pd.Series, key: bytes) -> list[str]:
    """Replace each member by 16 hex digits: the same member gets the same ones wherever the key is the same.

    BLAKE2b with a key (RFC 7693), so that nobody without the key can try out ids.
    """
    known = {
        member: hashlib.blake2b(str(member).encode(), key=key, digest_size=8).hexdigest() for member in members.unique()
    }
    return [known[member] for member in members]


def local_key() -> bytes:
    """Key of this user on this machine, made when it is first needed; it never leaves the machine."""
    path = _data_folder() / "pseudonym.key"
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
        try:
            os.link(draft, path)  # the first of several processes wins
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise OSError(f"{path} is damaged: it must hold {KEY_BYTES} bytes; remove it for a new one")
    return key


def _data_folder() -> Path:
    """Where programs keep data of a user."""
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"), "membersim")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share", "membersim")
