"""The form of the record of a run, run.json, as far as other commands rely on it."""

from __future__ import annotations

import shlex
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

__all__ = ["Record"]


def _inside(name: str) -> str:
    for path in (PurePosixPath(name), PureWindowsPath(name)):
        if path.anchor or not path.parts or ".." in path.parts:
            raise ValueError(f"{name!r} is no file within the folder")
    return name


def _command(text: str) -> str:
    shlex.split(text)
    return text


class _Part(BaseModel):
    model_config = ConfigDict(strict=True)


class _Data(_Part):
    """A file of data that the run read."""

    path: str
    file: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class _Out(_Part):
    """Rows of the book that were left out."""

    members: int = Field(ge=0)
    arr: float
    arr_unknown: int = Field(ge=0)


class _Book(_Part):
    """The book, without any of its rows."""

    file: str
    sha256: str
    members: int = Field(ge=0)
    arr: float
    left_out: _Out


class Record(_Part):
    """What the record of a run says; more may stand in it."""

    membersim: str
    root: str
    scenario: str
    data: list[_Data]
    command: Annotated[str, AfterValidator(_command)]
    seed: int = Field(ge=0, lt=2**32)
    replications: int = Field(ge=1)
    engine: str
    events: int = Field(ge=0)
    quarantine: bool
    book: _Book | None = None
    packages: dict[str, str] = Field(default_factory=dict)
    files: list[Annotated[str, AfterValidator(_inside)]] = Field(default_factory=list)
    label: str = ""
    python: str = ""
    finished: str = ""
    interrupted: bool = False
