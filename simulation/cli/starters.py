"""`membersim new`: copy a shipped scenario, with the data that it reads, as the start of one's own."""

from __future__ import annotations

import difflib
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from simulation.cli.folder import named_files
from simulation.cli.screen import SCREEN, BadInput, Screen

__all__ = ["new", "shipped_folder", "starters"]


def new(
    name: str,
    /,
    *,
    source: Annotated[
        str, Parameter(name="--from", help="The starter: association, saas or hundred_members.")
    ] = "association",
    screen: Screen = SCREEN,
) -> None:
    """Start a plan of your own from a shipped scenario.

    Parameters
    ----------
    name
        Name of the new folder; the scenario in it is NAME/NAME.yaml.
    """
    target = Path(name)
    if target.suffix in (".yaml", ".yml"):
        target = target.with_suffix("")
    if not target.name:
        raise BadInput(f"{name!r} is not a name for a plan; try: membersim new myplan")
    if target.exists():
        raise BadInput(f"{target} exists already and is left as it is; choose another name")
    if not target.parent.is_dir():
        raise BadInput(f"{target.parent} is not a folder; make it first or choose another place")
    known = starters()
    if source not in known:
        near = difflib.get_close_matches(source, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise BadInput(f"There is no starter {source!r}{hint} (there are: {', '.join(known)})")
    files = _copy(known[source], target)
    plan = target / f"{target.name}.yaml"
    screen.table("New plan", ("file", "what it is"), [(p.as_posix(), what) for p, what in files], text=(0, 1))
    screen.show(f"Next: membersim check {plan}, then membersim run {plan}")
    screen.result({"scenario": plan, "from": source, "files": [path for path, _ in files]})


def shipped_folder() -> Path:
    """Folder of the shipped scenarios: inside an installed package, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "_scenarios", package.parent / "scenarios"):
        if folder.is_dir():
            return folder
    raise BadInput("The shipped scenarios are missing from this installation; install membersim again")


def starters() -> dict[str, Path]:
    """Shipped scenarios that stand alone, by name; overlays, which extend another file, are not starters."""
    complete = (
        path
        for path in sorted(shipped_folder().glob("*.yaml"))
        if not re.search(r"^extends\s*:", path.read_text("utf-8"), re.MULTILINE)
    )
    return {path.stem: path for path in complete}


def _copy(source: Path, target: Path) -> list[tuple[Path, str]]:
    """Copy a scenario, its overlays and their data all at once; return the new files and what each one is."""
    plan = f"{target.name}.yaml"
    text = source.read_text("utf-8")
    title = json.dumps(target.name, ensure_ascii=False)
    texts = {plan: re.sub(r"^name\s*:.*$", lambda _: f"name: {title}", text, count=1, flags=re.MULTILINE)}
    texts |= _overlays(source, plan)
    data = sorted({path for content in texts.values() for path in _data_files(content, source.parent)})
    staging = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        staging.mkdir()
        for name, content in texts.items():
            (staging / name).write_text(content, "utf-8")
        for path in data:
            copy = staging / path.relative_to(source.parent)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        staging.rename(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return [
        *((target / name, "an overlay to try" if name != plan else "the scenario: edit this") for name in texts),
        *((target / path.relative_to(source.parent), "data: replace by yours") for path in data),
    ]


def _overlays(source: Path, plan: str) -> dict[str, str]:
    """Overlays that are shipped for a scenario, made to extend its copy: name of the file and text."""
    extends = re.compile(rf"^extends\s*:\s*{re.escape(source.name)}[ \t]*$", re.MULTILINE)
    here = json.dumps(plan, ensure_ascii=False)
    texts = {path.name: path.read_text("utf-8") for path in sorted(source.parent.glob("*.yaml"))}
    return {
        name: extends.sub(lambda _: f"extends: {here}", text, count=1)
        for name, text in texts.items()
        if name != plan and extends.search(text)
    }


def _data_files(text: str, folder: Path) -> Iterator[Path]:
    from ruamel.yaml import YAML

    for _, name in named_files(YAML(typ="safe").load(text)):
        if (folder / name).is_file():
            yield folder / name
