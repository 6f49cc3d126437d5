"""Proposes what each export is, which column is which, and how dates, numbers and ids are written."""

from __future__ import annotations

from simulation.intake.cells import Order, dates
from simulation.intake.kinds import KINDS
from simulation.intake.people import keyed
from simulation.intake.profile import Column, fields_of, kind_of
from simulation.intake.proposal import Draft, Question
from simulation.scenario.errors import Problem, ScenarioError

__all__ = ["columns", "find_kinds", "ids"]


def find_kinds(draft: Draft) -> None:
    """What each export holds; exactly one holds the members."""
    ahead: dict[str, float] = {}
    for name, sheet in draft.sheets.items():
        kind, ahead[name] = kind_of(sheet, draft.columns_by[name])
        draft.kinds.setdefault(name, kind)
    holders = [name for name, kind in draft.kinds.items() if kind == "members"]
    if not holders:
        shown = "; ".join(f"{sheet.path.name} looks like {draft.kinds[name]}" for name, sheet in draft.sheets.items())
        text = f"none of the files holds the members, one row each with an id and a day of joining: {shown}"
        raise ScenarioError([Problem("", None, None, "", text)])
    options = [(kind, one.meaning) for kind, one in KINDS.items()]
    for name, kind in draft.kinds.items():
        why = "its name and its columns" if ahead[name] > 0.5 else "its columns, but another kind is nearly as likely"
        text = f"What does {draft.sheets[name].path.name} hold?"
        draft.ask(("files", name, "holds"), text, kind, why, options)
    holder = holders[0]
    found = fields_of(draft.columns_by[holder], "members")
    if "member_id" in found:
        draft.members = {word.upper() for word in found["member_id"][0].words}
        draft.members |= {keyed(word, bare=True) for word in draft.members}


def columns(draft: Draft, name: str) -> None:
    """Which column is which field, and how its dates and numbers are read."""
    kind, columns = draft.kinds[name], draft.columns_by[name]
    found = fields_of(columns, kind, draft.members if kind != "members" else None)
    sheet = draft.sheets[name]
    options = [("", "not there"), *((column.name, column.name) for column in columns)]
    for key in KINDS[kind].fields:
        path = ("files", name, "columns", key, "column")
        if path in draft.given:
            found = {other: one for other, one in found.items() if one[0].name != draft.given[path] and other != key}
            chosen = [column for column in columns if column.name == draft.given[path]]
            if chosen:
                found[key] = chosen[0], 1.0
    orders = {key: column.dates for key, (column, _) in found.items() if KINDS[kind].fields[key].reads == "date"}
    for key, one in KINDS[kind].fields.items():
        place = ("files", name, "columns", key)
        if key not in found:
            # What was answered is none of the columns, so that it says: not there. A needed one must be there.
            text = f"Which column of {sheet.path.name} is {one.meaning}?"
            proposed = None if one.needed else ""
            choices = tuple(options[1:] if one.needed else options)
            draft.questions.append(Question((*place, "column"), text, choices, proposed, "no column looks like it"))
            continue
        column, score = found[key]
        text = f"{sheet.path.name}: is {column.name!r} {one.meaning}?"
        why = _why(column, one.reads, score)
        draft.ask((*place, "column"), text, column.name, why, options[1:] if one.needed else options)
        if one.reads == "date":
            _order(draft, name, key, column, orders)
        elif one.reads == "number":
            _decimal(draft, name, key, column)
    used = {column.name for column, _ in found.values()}
    unused = [column.name for column in columns if column.name not in used]
    if unused:
        draft.notes.append(f"{sheet.path.name}: not used: {', '.join(unused[:12])}")


PAST = ("joined", "date")
"""Days that lie before the export; renewals, ends of terms and announced leavings may lie after it."""


def _order(draft: Draft, name: str, key: str, column: Column, orders: dict[str, Order]) -> None:
    order = column.dates
    if not (order.day_first or order.month_first or order.open):
        return
    verdict, why = order.verdict, ""
    if verdict is not None:
        sure, against = max(order.day_first, order.month_first), min(order.day_first, order.month_first)
        why = f"{sure:,} of its cells can only be read so"
        why += f", {against:,} only the other way: these are read the other way" if against else ""
    else:
        others = [one.verdict for one in orders.values() if one.verdict is not None]
        if len(set(others)) == 1:
            verdict, why = others[0], "the other dates of the file are written so"
        elif key in PAST and (impossible := _future(draft, column)) is not None:
            verdict, why = impossible, "the other way it would lie in the future"
        elif (sorted_by := _sorted(column)) is not None:
            verdict, why = sorted_by, "so, and only so, the rows are in the order of time"
        elif order.open == 0:
            return
    example = next((word for word in column.words if Column("", [word]).dates.open), "03/04/2026")
    text = f"{draft.sheets[name].path.name}: in {column.name!r}, does the day come first, as in {example}?"
    options = (
        (True, "day first (3 April 2026 is 03/04/2026)"),
        (False, "month first (3 April 2026 is 04/03/2026)"),
    )
    if verdict is None:
        why = f"{order.open:,} cells can be read both ways, and nothing in the file decides"
    draft.ask(("files", name, "columns", key, "day_first"), text, verdict, why, options)


def _future(draft: Draft, column: Column) -> bool | None:
    """The order in which no day lies after the export, where the other one has some."""
    late = []
    for day_first in (True, False):
        values, _ = dates(list(column.words), day_first)
        late.append(sum(value is not None and value > draft.exported for value in values))
    return None if (late[0] == 0) == (late[1] == 0) else late[0] == 0


def _decimal(draft: Draft, name: str, key: str, column: Column) -> None:
    marks = column.marks
    verdict = marks.verdict
    why = f"{max(marks.point, marks.comma):,} of its cells can only be read so"
    if verdict is None and marks.open:
        others = {one.marks.verdict for one in draft.columns_by[name]} - {None}
        example = next((word for word in column.words if Column("", [word]).marks.open), "1.200")
        text = f"{draft.sheets[name].path.name}: in {column.name!r}, is {example} more than a thousand?"
        mark = "." if "." in example else ","
        grouped = "," if mark == "." else "."
        options = ((grouped, "yes, the mark parts thousands"), (mark, "no, it is the decimal mark"))
        if len(others) == 1:
            verdict, why = others.pop(), "the other numbers of the file are written so"
        else:
            verdict, why = None, f"{marks.open:,} cells can be read both ways, and nothing in the file decides"
        draft.ask(("files", name, "columns", key, "decimal"), text, verdict, why, options)
    elif verdict == ",":
        text = f"{draft.sheets[name].path.name}: has {column.name!r} decimal commas?"
        draft.ask(("files", name, "columns", key, "decimal"), text, ",", why, ((",", "yes"), (".", "no, points")))


def ids(draft: Draft) -> None:
    """Whether leading zeros of ids count."""
    holder = next(name for name, kind in draft.kinds.items() if kind == "members")
    own = draft.field(holder, "member_id")
    if own is None:
        return
    exact = {keyed(word) for word in own.words}
    bare = {keyed(word, bare=True) for word in own.words}
    lost = gained = 0
    others = [draft.field(name, "member_id") for name in draft.sheets if name != holder]
    for column in (*others, draft.field(holder, "merged_into")):
        if column is not None:
            lost += sum(keyed(word) not in exact for word in column.words)
            gained += sum(keyed(word) not in exact and keyed(word, bare=True) in bare for word in column.words)
    merged = len(exact) - len(bare)
    if gained == 0 and merged == 0:
        draft.tree["ids"] = "as written"
        return
    why = f"{gained:,} of {lost:,} ids that are not in the list of members are, once leading zeros are dropped"
    why += f"; {merged:,} ids of members become the same" if merged else ""
    options = (("as written", "two different members"), ("without leading zeros", "the same member"))
    verdict = "without leading zeros" if gained > merged else "as written"
    draft.ask(("ids",), "Are 00042 and 42 the same member?", verdict, why, options)


def _why(column: Column, reads: str, score: float) -> str:
    if score <= 0.3:
        return "the only column that it can be"
    if reads == "date":
        return f"its name, and {column.dates.share:.0%} of its cells are dates"
    if reads == "number":
        return f"its name, and {column.marks.share:.0%} of its cells are numbers"
    return "its name" if reads != "id" else "its name and its ids"


def _sorted(column: Column) -> bool | None:
    """The order in which the rows are in the order of time, up or down, where the other one does not give that."""
    fits = []
    for day_first in (True, False):
        days = [day for day in dates(column.cells, day_first)[0] if day is not None]
        pairs = list(zip(days, days[1:], strict=False))
        fits.append(len(pairs) >= 10 and (all(a <= b for a, b in pairs) or all(a >= b for a, b in pairs)))
    return None if fits[0] == fits[1] else fits[0]
