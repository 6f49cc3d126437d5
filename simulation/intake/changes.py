"""What is different since the last import by the same mapping."""

from __future__ import annotations

from collections.abc import Mapping as Given

from simulation.intake.build import Imported
from simulation.intake.mapping import Mapping, Seen, SeenFile, Total
from simulation.intake.sheet import Sheet
from simulation.intake.words import nearest_name
from simulation.scenario.errors import Problem, ScenarioError, nearest

__all__ = ["changes", "matched", "seen_of"]

MOVED = 0.1
"""Share by which rows or totals must move to be pointed out as large."""


def matched(given: list[Sheet], mapping: Mapping) -> dict[str, Sheet]:
    """The exports by their names in a mapping: the same plain name, or the same columns.

    Raises
    ------
    ScenarioError
        A file is none of the mapping, or two are the same one.
    """
    found: dict[str, Sheet] = {}
    problems = []
    for sheet in given:
        name = sheet.name if sheet.name in mapping.files else _by_columns(sheet, mapping)
        if name is None:
            close = nearest(sheet.name, mapping.files) or nearest_name(sheet.name, mapping.files)
            hint = f"; is it {close!r}? Then name the file so" if close else ""
            text = f"is none of the exports of the mapping ({', '.join(mapping.files)}){hint}"
            problems.append(Problem(str(sheet.path), None, None, "", text))
        elif name in found:
            text = f"is read as {name!r}, and so is {found[name].path.name}"
            problems.append(Problem(str(sheet.path), None, None, "", text))
        else:
            found[name] = sheet
    if problems:
        raise ScenarioError(problems)
    return found


def _by_columns(sheet: Sheet, mapping: Mapping) -> str | None:
    """The only export of the mapping whose columns the file has all."""
    fits = [
        name for name, spec in mapping.files.items()
        if all(column.column in sheet.columns for column in spec.columns.values())
    ]  # fmt: skip
    return fits[0] if len(fits) == 1 else None


def seen_of(imported: Imported, sheets: Given[str, Sheet]) -> Seen:
    """What to remember of an import for the next one; nothing of a member."""
    files = {
        name: SeenFile(file=sheet.path.name, sha256=sheet.digest, rows=len(sheet), columns=sheet.header)
        for name, sheet in sheets.items()
    }
    book = imported.book
    segments = {
        str(name): Total(members=len(own), arr=round(float(own["arr"].sum()), 2))
        for name, own in book.groupby("segment", observed=True)
    }
    return Seen(
        exported=imported.exported, members=len(book), arr=round(float(book["arr"].sum()), 2), files=files,
        segments=segments, left_out=len(imported.misfits),
    )  # fmt: skip


def changes(imported: Imported, sheets: Given[str, Sheet]) -> list[str]:
    """What is different since the last import: files, columns, words, totals; nothing without one."""
    before = imported.mapping.seen
    if before is None:
        return []
    now = seen_of(imported, sheets)
    found = []
    for name, sheet in sheets.items():
        old = before.files.get(name)
        if old is None:
            found.append(f"{sheet.path.name}: new")
            continue
        if old.sha256 == sheet.digest:
            found.append(f"{sheet.path.name}: the same file as last time ({old.file})")
            continue
        new = [one for one in sheet.header if one not in old.columns]
        gone = [one for one in old.columns if one not in sheet.header]
        if new:
            found.append(f"{sheet.path.name}: new columns: {', '.join(new)}")
        if gone:
            found.append(f"{sheet.path.name}: columns no longer there: {', '.join(gone)}")
        if abs(len(sheet) - old.rows) > MOVED * max(old.rows, 1):
            found.append(f"{sheet.path.name}: {old.rows:,} rows before, {len(sheet):,} now")
        found += _new_words(name, sheet, imported.mapping)
    found.append(
        f"members: {before.members:,} on {before.exported}, {now.members:,} on {now.exported}; "
        f"ARR {before.arr:,.2f}, now {now.arr:,.2f} ({_share(before.arr, now.arr)})"
    )
    for segment in {**before.segments, **now.segments} if len(now.segments) > 1 else ():
        old_one, new_one = before.segments.get(segment, Total()), now.segments.get(segment, Total())
        found.append(
            f"{segment}: {old_one.members or 0:,} members, now {new_one.members or 0:,}; "
            f"ARR {old_one.arr or 0:,.2f}, now {new_one.arr or 0:,.2f} ({_share(old_one.arr or 0, new_one.arr or 0)})"
        )
    if now.left_out != before.left_out:
        found.append(f"rows that do not fit: {before.left_out:,}, now {now.left_out:,}")
    return found


def _share(old: float, new: float) -> str:
    return f"{new / old - 1:+.1%}" if old else "none before"


def _new_words(name: str, sheet: Sheet, mapping: Mapping) -> list[str]:
    """Words that the mapping does not know."""
    spec = mapping.files[name]
    known = {key: set(column.values) for key, column in spec.columns.items() if column.values}
    if spec.happened:
        known["item" if spec.holds == "invoices" else "kind"] = set(spec.happened)
    found = []
    for key, words in known.items():
        column = spec.columns[key].column
        new = sorted(set(sheet.columns[column]) - words - {""})
        if new:
            shown = ", ".join(repr(one) for one in new[:10])
            found.append(
                f"{sheet.path.name}: new in {column!r}, and not used until the mapping says what it is: {shown}"
            )
    return found
