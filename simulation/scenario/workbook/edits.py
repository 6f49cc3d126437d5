"""What somebody changed in the sheets of a plan, as an overlay: only what changed, with owner and comment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from simulation.scenario.assumptions import kind_at
from simulation.scenario.errors import Misfit, Problem, nearest, one_of, shown
from simulation.scenario.places import at_place, graft, put
from simulation.scenario.provenance import FIELDS, is_wrapper, read_provenance
from simulation.scenario.quantities import Kind
from simulation.scenario.schema import Scenario
from simulation.scenario.workbook.cells import Native, same, written_in
from simulation.scenario.workbook.ranges import RANGE, distribution, listed, range_text, text_in
from simulation.scenario.workbook.reading import Found, GivenBack, Row
from simulation.scenario.workbook.sheets import PlanSheet, lever_places, plan_sheets

__all__ = ["Change", "Changes", "changes_of"]

ORIGIN: Final = {
    "Source": "source", "Evidence": "evidence", "Owner": "owner", "Review by": "review_by", "Comment": "comment",
}  # fmt: skip
MEASURED: Final = ("own", "published")
Steps = tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """A cell that was changed: where it is, what it is about, and its old and new text."""

    address: str
    path: str
    before: str
    after: str


@dataclass
class Changes:
    """What was changed.

    Attributes
    ----------
    overlay
        What is laid over the scenario; empty when nothing was changed.
    changes
        Cell by cell.
    notes
        What deserves a look.
    problems
        What is wrong, each with its sheet and cell.
    places
        Which cell a path of the scenario is set by, to say where a problem of the scenario comes from.
    touched
        Addresses of the cells of ranges that hold something else than was exported.
    """

    overlay: dict[str, Any] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)

    def cell_of(self, path: str) -> str:
        """The cell that sets a path of the scenario, or something below or above it; "" when none does.

        Of several, such as the ends of a range that do not go together, it is the one that was changed.
        """
        near = [one for one in self.places if one == path or one.startswith(f"{path}.") or path.startswith(f"{one}.")]
        return self.places[max(near, key=lambda one: (self.places[one] in self.touched, len(one)))] if near else ""


def changes_of(scenario: Scenario, given: GivenBack, file: Path) -> Changes:
    """Find what was changed in a workbook since it was exported from a scenario.

    Parameters
    ----------
    scenario
        What was exported.
    given
        The workbook.
    file
        How it is named in messages.

    Returns
    -------
    Changes
        The overlay and every cell; `problems` holds all that is wrong, with sheet and cell.
    """
    work = _Work(scenario, str(file))
    work.out.problems += given.problems
    for sheet in plan_sheets(scenario):
        known = {str(row[sheet.key].value): row for row in sheet.rows}
        seen: dict[str, str] = {}
        for row in given.rows.get(sheet.name, []):
            key = row.get(sheet.key)
            name = "" if key is None or key.value is None else str(key.value).strip()
            address = next(iter(row.values())).address if key is None else key.address
            if not name:
                work.wrong(address, f"a row without its {sheet.key.lower()}")
                continue
            if name in seen:
                work.wrong(address, f"{name} stands in two rows, here and in {seen[name]}")
                continue
            seen[name] = address
            before = {title: cell.value for title, cell in known[name].items()} if name in known else None
            {"Assumptions": work.assumption, "Levers": work.lever, "Numbers": work.number}[sheet.name](
                name, row, before, sheet, address
            )
        if seen and len(seen.keys() & known.keys()) < len(known):
            left = len(known) - len(seen.keys() & known.keys())
            work.out.notes.append(f"{sheet.name}: {left:,} rows of the plan are not there; they stay as they are.")
    work.finish()
    return work.out


class _Work:
    """The changes while they are gathered."""

    def __init__(self, scenario: Scenario, file: str) -> None:
        self.scenario, self.file, self.currency = scenario, file, scenario.currency
        self.tree = scenario.resolved()
        self.after = self.tree
        self.paths: list[Steps] = []
        self.origins: dict[Steps, dict[str, tuple[Any, str]]] = {}
        self.valued: set[Steps] = set()
        self.out = Changes()

    def wrong(self, address: str, message: str) -> None:
        """Keep what is wrong with a cell; the first thing said of it is enough."""
        if any(one.path == address for one in self.out.problems):
            return
        self.out.problems.append(Problem(self.file, None, None, address, message))

    def changed(self, found: Found, path: str, before: Native, after: Native) -> None:
        texts = ("" if one is None else str(one) for one in (before, after))
        self.out.changes.append(Change(found.address, path, *texts))

    def number(self, path: str, row: Row, before: Mapping[str, Native] | None, sheet: PlanSheet, at: str) -> None:
        """A number that is known exactly."""
        if path in self.scenario.assumptions:
            self.wrong(at, f"{path} is not known exactly: change it on the sheet Assumptions")
            return
        kind = self._kind(path, at)
        steps = tuple(path.split("."))
        place = self._wrapper(steps)
        fields = self._provenance(path, row, before)
        value = row.get("Value", Found(None, at))
        if kind is None:
            return
        if before is None or self._differs(row, before, ("Value", "Unit")):
            try:
                written = written_in(kind, value.value, text_in(row, "Unit"), self.currency)
            except Misfit as misfit:
                same_value = before is not None and same(value.value, before.get("Value"))
                self.wrong(row["Unit"].address if same_value else value.address, str(misfit))
                return
            self.changed(value, path, at_place(self.tree, steps), written)
            self.out.places[path] = value.address
            self.after = put(self.after, steps, written)
            self.paths.append(place)
            self.valued.add(place)
        if not fields:
            return
        self.paths.append(place)
        held = self.origins.setdefault(place, {})
        for key, (new, cell) in fields.items():
            if key in held and held[key][0] != new:
                self.wrong(cell, f"another {key} than in {held[key][1]}: both are of {'.'.join(place)}")
            held[key] = (new, cell)

    def lever(self, name: str, row: Row, before: Mapping[str, Native] | None, sheet: PlanSheet, at: str) -> None:
        """A lever."""
        if before is None:
            self.wrong(at, f"there is no lever {shown(name)}: {one_of(self.scenario.levers, name)}")
            return
        places = lever_places(self.scenario, name)
        touched: list[Steps] = []
        for column in sheet.columns:
            title, found = column.title, row.get(column.title)
            if not column.editable or found is None or title in ORIGIN:
                continue
            money = title in ("One-off cost", "Cost per month")
            unit_changed = title in ("From", "To", "Step") and self._differs(row, before, ("Unit",))
            if same(found.value, before[title]) and not unit_changed:
                continue
            if title == "Unit":
                continue
            if title not in places:
                if found.value not in (None, ""):
                    self.wrong(found.address, f"the lever {name} has no {title.lower()}")
                continue
            steps, kind = places[title]
            unit = "" if money or title == "At most" else text_in(row, "Unit")
            try:
                written: Any
                if title == "Choices":
                    parts = [one.strip() for one in str(found.value or "").split(";") if one.strip()]
                    written = [written_in(kind, part, unit, self.currency) for part in parts]
                else:
                    written = written_in(kind, found.value, unit, self.currency)
            except Misfit as misfit:
                self.wrong(found.address, str(misfit))
                continue
            dotted = ".".join(steps)
            old = before[title] if title == "Choices" else at_place(self.tree, steps)
            self.changed(found, dotted, old, "; ".join(map(str, written)) if title == "Choices" else written)
            self.out.places[dotted] = found.address
            self.after = put(self.after, steps, written)
            touched.append(self._wrapper(steps))
        self.valued.update(touched)
        fields = self._provenance(f"levers.{name}", row, before)
        numbers = touched or [self._wrapper(steps) for steps, _ in places.values()] if fields else touched
        for place in numbers:
            self.origins.setdefault(place, {}).update(fields)
            self.paths.append(place)

    def assumption(self, path: str, row: Row, before: Mapping[str, Native] | None, sheet: PlanSheet, at: str) -> None:
        """A number that is not known exactly; a row without numbers says that it is known after all."""
        kind = self._kind(path, at)
        fields = self._provenance(path, row, before)
        if kind is None:
            return
        entry = self.out.overlay.setdefault("assumptions", {})
        new: dict[str, Any] = {}
        if before is None or self._differs(row, before, RANGE):
            told = [title for title in RANGE[1:5] if row.get(title) and row[title].value not in (None, "")]
            first = row[told[0]] if told else row.get("Low", Found(None, at))
            self.out.touched |= {
                row[one].address for one in RANGE if one in row and self._differs(row, before or {}, (one,))
            }
            if not told:
                if before is not None:
                    entry[path] = None
                    self.changed(first, f"assumptions.{path}", "a range", "")
                else:
                    self.wrong(at, f"{path} has no range: fill in Low and High, and Likely where you know it")
                return
            spec = distribution(path, kind, row, at, self.currency, self.wrong, self.out.places)
            if spec is None:
                return
            old = {key: None for key in self.tree["assumptions"].get(path, {}) if key not in FIELDS} if before else {}
            new = old | spec
            said = next(iter(spec.values()))
            self.changed(first, f"assumptions.{path}", range_text(before), listed(said))
        new |= {key: value for key, (value, _) in fields.items()}
        if not new:
            return
        if any(key not in FIELDS for key in new) and before is not None:
            new |= self._kept(path, before, fields)
        if before is None:
            new = {key: value for key, value in new.items() if value is not None}
        entry[path] = new

    def finish(self) -> None:
        """The overlay of the numbers and levers, beside that of the assumptions."""
        assumptions = self.out.overlay.pop("assumptions", {})
        for place in dict.fromkeys(self.paths):
            self._rewrap(place)
        for place in dict.fromkeys(self.paths):
            graft(self.out.overlay, self.tree, self.after, place)
        if assumptions:
            self.out.overlay["assumptions"] = assumptions

    def _kind(self, path: str, at: str) -> Kind | None:
        try:
            if at_place(self.tree, tuple(path.split("."))[:-1]) is None:
                raise Misfit("there is no such number in the plan")
            kind = kind_at(path, self.scenario._tree, set())
        except Misfit as misfit:
            known = [str(row["Path"].value) for one in plan_sheets(self.scenario) for row in one.rows if "Path" in row]
            guess = nearest(path, known)
            self.wrong(at, f"{path}: {misfit}" + (f"; did you mean {guess!r}?" if guess else ""))
            return None
        return kind

    def _wrapper(self, steps: Steps) -> Steps:
        """The place of the number with its source that holds a path; the path itself where there is none."""
        node: Any = self.tree
        for place, step in enumerate(steps, 1):
            if isinstance(node, Mapping) and "value" in node and is_wrapper(steps[: place - 1], node):
                return steps[: place - 1]
            node = node.get(step) if isinstance(node, Mapping) else node[int(step)] if isinstance(node, list) else None
        return steps

    def _rewrap(self, place: Steps) -> None:
        """Put a number with what is known of it now in its place."""
        was = self._raw(place)
        old = {key: was[key] for key in FIELDS if key in was} if isinstance(was, Mapping) and "value" in was else {}
        new = {key: value for key, (value, _) in self.origins.get(place, {}).items()}
        if place in self.valued and old.get("evidence") in MEASURED and not {"source", "evidence"} & new.keys():
            cell = self.out.cell_of(".".join(place))
            self.out.notes.append(
                f"{cell}: the source {shown(old.get('source'))} measured the old number, so the new one has none; "
                "write one beside it."
            )
            new |= {"source": None, "evidence": None}
        origin = {key: value for key, value in (old | new).items() if value is not None}
        value = at_place(self.after, place)
        self.after = put(self.after, place, {"value": value, **origin} if origin else value)

    def _raw(self, place: Steps) -> Any:
        """What is at a place, with where it comes from."""
        node = at_place(self.tree, place[:-1])
        if isinstance(node, list):
            return node[int(place[-1])]
        return node.get(place[-1]) if isinstance(node, Mapping) else None

    def _differs(self, row: Row, before: Mapping[str, Native], titles: tuple[str, ...]) -> bool:
        return any(title in row and not same(row[title].value, before.get(title)) for title in titles)

    def _provenance(self, path: str, row: Row, before: Mapping[str, Native] | None) -> dict[str, tuple[Any, str]]:
        """The fields on the origin of a number that were changed, with their cells."""
        fields: dict[str, tuple[Any, str]] = {}
        for title, key in ORIGIN.items():
            found = row.get(title)
            if found is None or same(found.value, None if before is None else before.get(title)):
                continue
            value = found.value.strip() if isinstance(found.value, str) else found.value
            value = None if value == "" else value
            if key != "review_by" and value is not None and not isinstance(value, str):
                value = str(value)
            try:
                read = read_provenance({key: value})
            except Misfit as misfit:
                self.wrong(found.address, str(misfit))
                continue
            fields[key] = (getattr(read, key), found.address)
            if before is not None:
                self.changed(found, f"{path} ({key})", before.get(title), found.value)
        return fields

    def _kept(self, path: str, before: Mapping[str, Native], fields: Mapping[str, Any]) -> dict[str, Any]:
        """What goes with a new range: owner and comment stay, a source that measured the old one goes."""
        kept = {key: before[title] for title, key in ORIGIN.items() if key not in fields and before.get(title)}
        if kept.get("evidence") in MEASURED and not {"source", "evidence"} & fields.keys():
            self.out.notes.append(f"{path}: its source measured the old range, so the new one has none; write one.")
            kept |= {"source": None, "evidence": None}
        return {key: value for key, value in kept.items() if key in ("owner", "comment") or value is None}
