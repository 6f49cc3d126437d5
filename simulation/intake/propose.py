"""Proposes how some exports are read, with the reason of every guess, and asks where there is nothing to guess by."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

from simulation.intake.cells import Order, dates
from simulation.intake.kinds import KINDS
from simulation.intake.mapping import Mapping as Import
from simulation.intake.mapping import of_tree
from simulation.intake.people import keyed
from simulation.intake.profile import Column, columns_of, fields_of, kind_of
from simulation.intake.sheet import Sheet
from simulation.intake.words import (
    COURSE_DONE,
    INVOICE_KEPT,
    MEMBER,
    event_of,
    name_of,
    nearest_name,
    rating_of,
    stage_of,
    status_of,
)
from simulation.scenario.errors import Problem, ScenarioError

if TYPE_CHECKING:
    from simulation.scenario import Scenario

__all__ = ["Proposal", "Question", "propose"]

MOST_WORDS = 60
"""Different words of a column that are asked about; rarer ones are left out, and said."""
SAID = "as you say"
COMMON = 0.05
"""Share of the members who must have taken a course for it to be proposed as a milestone of all."""
SPREAD_DAYS = 200
"""Exports whose first days lie further apart than this do not begin together."""
Path = tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """A proposal to confirm, or a question that only a person can answer.

    Attributes
    ----------
    path
        Where the answer goes in the mapping.
    text
        The question.
    options
        What can be answered: value and what it means. Empty: any text.
    proposal
        What stands there now; None: it must be answered.
    why
        The evidence for the proposal, or why there is none.
    """

    path: Path
    text: str
    options: tuple[tuple[Any, str], ...]
    proposal: Any
    why: str


@dataclass(eq=False)
class Proposal:
    """How some exports might be read.

    Attributes
    ----------
    tree
        The mapping as plain values.
    questions
        All that can be confirmed, in the order of asking.
    sheets
        The exports by the name that they have in the mapping.
    notes
        What deserves a look.
    given
        Answers so far, by the path of their question.
    """

    tree: dict[str, Any]
    questions: list[Question]
    sheets: dict[str, Sheet]
    notes: list[str]
    given: dict[Path, Any]
    _again: Callable[[dict[Path, Any]], Proposal] = field(repr=False)

    @property
    def open(self) -> list[Question]:
        """Questions that must be answered: there is nothing to guess by."""
        return [one for one in self.questions if one.proposal is None]

    def answer(self, question: Question, value: Any) -> None:
        """Answer a question; what follows from the answer is proposed anew.

        Parameters
        ----------
        value
            What goes into the mapping; blank for a column: there is none.
        """
        self.given[question.path] = value
        new = self._again(self.given)
        self.tree, self.questions, self.notes = new.tree, new.questions, new.notes

    def mapping(self) -> Import:
        """The mapping as it stands.

        Raises
        ------
        ScenarioError
            A question is still open.
        """
        if self.open:
            raise ScenarioError([Problem("", None, None, ".".join(one.path), one.text) for one in self.open])
        return of_tree(self.tree)


def _put(tree: dict[str, Any], path: Path, value: Any) -> None:
    for step in path[:-1]:
        tree = tree.setdefault(step, {})
    tree[path[-1]] = value


def named(sheets: Sequence[Sheet]) -> dict[str, Sheet]:
    """Exports by plain names; two that share one are numbered."""
    result: dict[str, Sheet] = {}
    for sheet in sheets:
        name, number = sheet.name, 2
        while name in result:
            name, number = f"{sheet.name}_{number}", number + 1
        result[name] = sheet
    return result


def propose(
    sheets: Sequence[Sheet],
    scenario: Scenario | None = None,
    *,
    exported: dt.date,
    given: Mapping[Path, Any] | None = None,
) -> Proposal:
    """Propose how some exports are read.

    Parameters
    ----------
    sheets
        What `read_sheet` read.
    scenario
        Its segments, milestones and interventions are looked for; without one they are proposed too.
    exported
        Day of the export: hardly anything that has happened is later.
    given
        Answers that are certain, by the path of their question.

    Raises
    ------
    ScenarioError
        No export holds the members.
    """
    by_name = named(sheets)
    columns = {name: columns_of(sheet) for name, sheet in by_name.items()}

    def again(given: dict[Path, Any]) -> Proposal:
        work = _Work(by_name, columns, scenario, exported, given)
        work.find_kinds()
        for name in by_name:
            work.columns(name)
        work.ids()
        for name in by_name:
            work.meanings(name)
        work.journey()
        work.begin()
        return Proposal(work.tree, work.questions, by_name, work.notes, given, again)

    return again(dict(given or {}))


class _Work:
    """A proposal in the making."""

    def __init__(
        self, sheets: dict[str, Sheet], columns: dict[str, list[Column]], scenario: Scenario | None, exported: dt.date,
        given: dict[Path, Any],
    ) -> None:  # fmt: skip
        self.sheets, self.columns_by, self.scenario, self.exported = sheets, columns, scenario, exported
        self.given = given
        self.kinds = {path[1]: str(value) for path, value in given.items() if path[-1] == "holds"}
        currency = scenario.currency if scenario is not None else self._currency()
        self.tree: dict[str, Any] = {"version": 1, "currency": currency, "files": {}}
        self.questions: list[Question] = []
        self.notes: list[str] = []
        self.members: set[str] = set()

    def ask(self, path: Path, text: str, proposal: Any, why: str, options: Sequence[tuple[Any, str]] = ()) -> None:
        """Note a question; its proposal, or the answer that is given already, is put into the mapping."""
        if path in self.given:
            proposal, why = self.given[path], SAID
        self.questions.append(Question(path, text, tuple(options), proposal, why))
        if proposal is not None:
            _put(self.tree, path, proposal)

    def _currency(self) -> str:
        signs = {"€": "EUR", "£": "GBP", "¥": "JPY", "$": "USD", "EUR": "EUR", "GBP": "GBP", "CHF": "CHF", "USD": "USD"}
        found: dict[str, int] = {}
        for columns in self.columns_by.values():
            for column in columns:
                for word, count in column.words.items():
                    for sign, currency in signs.items():
                        if sign in word[:40] and any(letter.isdigit() for letter in word[:40]):
                            found[currency] = found.get(currency, 0) + count
        return max(found, key=lambda one: found[one]) if found else "USD"

    def find_kinds(self) -> None:
        """What each export holds; exactly one holds the members."""
        ahead: dict[str, float] = {}
        for name, sheet in self.sheets.items():
            kind, ahead[name] = kind_of(sheet, self.columns_by[name])
            self.kinds.setdefault(name, kind)
        holders = [name for name, kind in self.kinds.items() if kind == "members"]
        if not holders:
            shown = "; ".join(f"{sheet.path.name} looks like {self.kinds[name]}" for name, sheet in self.sheets.items())
            text = f"none of the files holds the members, one row each with an id and a day of joining: {shown}"
            raise ScenarioError([Problem("", None, None, "", text)])
        options = [(kind, one.meaning) for kind, one in KINDS.items()]
        for name, kind in self.kinds.items():
            why = (
                "its name and its columns" if ahead[name] > 0.5 else "its columns, but another kind is nearly as likely"
            )
            text = f"What does {self.sheets[name].path.name} hold?"
            self.ask(("files", name, "holds"), text, kind, why, options)
        holder = holders[0]
        found = fields_of(self.columns_by[holder], "members")
        if "member_id" in found:
            self.members = {word.upper() for word in found["member_id"][0].words}
            self.members |= {keyed(word, bare=True) for word in self.members}

    def columns(self, name: str) -> None:
        """Which column is which field, and how its dates and numbers are read."""
        kind, columns = self.kinds[name], self.columns_by[name]
        found = fields_of(columns, kind, self.members if kind != "members" else None)
        sheet = self.sheets[name]
        options = [("", "not there"), *((column.name, column.name) for column in columns)]
        for key in KINDS[kind].fields:
            path = ("files", name, "columns", key, "column")
            if path in self.given:
                found = {other: one for other, one in found.items() if one[0].name != self.given[path] and other != key}
                chosen = [column for column in columns if column.name == self.given[path]]
                if chosen:
                    found[key] = chosen[0], 1.0
        orders = {key: column.dates for key, (column, _) in found.items() if KINDS[kind].fields[key].reads == "date"}
        for key, one in KINDS[kind].fields.items():
            place = ("files", name, "columns", key)
            if key not in found:
                text = f"Which column of {sheet.path.name} is the {one.meaning}?"
                if one.needed:
                    self.ask((*place, "column"), text, None, "no column looks like it", options[1:])
                else:
                    question = Question((*place, "column"), text, tuple(options), "", "no column looks like it")
                    self.questions.append(question)
                continue
            column, score = found[key]
            text = f"{sheet.path.name}: is {column.name!r} the {one.meaning}?"
            why = _why(column, one.reads, score)
            self.ask((*place, "column"), text, column.name, why, options)
            if one.reads == "date":
                self._order(name, key, column, orders)
            elif one.reads == "number":
                self._decimal(name, key, column)
        used = {column.name for column, _ in found.values()}
        unused = [column.name for column in columns if column.name not in used]
        if unused:
            self.notes.append(f"{sheet.path.name}: not used: {', '.join(unused[:12])}")

    def _order(self, name: str, key: str, column: Column, orders: dict[str, Order]) -> None:
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
            elif (impossible := self._future(column)) is not None:
                verdict, why = impossible, "the other way it would lie in the future"
            elif (sorted_by := _sorted(column)) is not None:
                verdict, why = sorted_by, "so, and only so, the rows are in the order of time"
            elif order.open == 0:
                return
        example = next((word for word in column.words if Column("", [word]).dates.open), "03/04/2026")
        text = f"{self.sheets[name].path.name}: in {column.name!r}, does the day come first, as in {example}?"
        options = (
            (True, "day first (3 April 2026 is 03/04/2026)"),
            (False, "month first (3 April 2026 is 04/03/2026)"),
        )
        if verdict is None:
            why = f"{order.open:,} cells can be read both ways, and nothing in the file decides"
        self.ask(("files", name, "columns", key, "day_first"), text, verdict, why, options)

    def _future(self, column: Column) -> bool | None:
        """The order in which no day lies after the export, where the other one has some."""
        late = []
        for day_first in (True, False):
            values, _ = dates(list(column.words), day_first)
            late.append(sum(value is not None and value > self.exported for value in values))
        return None if (late[0] == 0) == (late[1] == 0) else late[0] == 0

    def _decimal(self, name: str, key: str, column: Column) -> None:
        marks = column.marks
        verdict = marks.verdict
        why = f"{max(marks.point, marks.comma):,} of its cells can only be read so"
        if verdict is None and marks.open:
            others = {one.marks.verdict for one in self.columns_by[name]} - {None}
            example = next((word for word in column.words if Column("", [word]).marks.open), "1.200")
            text = f"{self.sheets[name].path.name}: in {column.name!r}, is {example} more than a thousand?"
            mark = "." if "." in example else ","
            grouped = "," if mark == "." else "."
            options = ((grouped, "yes, the mark parts thousands"), (mark, "no, it is the decimal mark"))
            if len(others) == 1:
                verdict, why = others.pop(), "the other numbers of the file are written so"
            else:
                verdict, why = None, f"{marks.open:,} cells can be read both ways, and nothing in the file decides"
            self.ask(("files", name, "columns", key, "decimal"), text, verdict, why, options)
        elif verdict == ",":
            text = f"{self.sheets[name].path.name}: has {column.name!r} decimal commas?"
            self.ask(("files", name, "columns", key, "decimal"), text, ",", why, ((",", "yes"), (".", "no, points")))

    def ids(self) -> None:
        """Whether leading zeros of ids count."""
        holder = next(name for name, kind in self.kinds.items() if kind == "members")
        own = self._field(holder, "member_id")
        if own is None:
            return
        exact = {keyed(word) for word in own.words}
        bare = {keyed(word, bare=True) for word in own.words}
        lost = gained = 0
        others = [self._field(name, "member_id") for name in self.sheets if name != holder]
        for column in (*others, self._field(holder, "merged_into")):
            if column is not None:
                lost += sum(keyed(word) not in exact for word in column.words)
                gained += sum(keyed(word) not in exact and keyed(word, bare=True) in bare for word in column.words)
        merged = len(exact) - len(bare)
        if gained == 0 and merged == 0:
            self.tree["ids"] = "as written"
            return
        why = f"{gained:,} of {lost:,} ids that are not in the list of members are, once leading zeros are dropped"
        why += f"; {merged:,} ids of members become the same" if merged else ""
        options = (("as written", "two different members"), ("without leading zeros", "the same member"))
        verdict = "without leading zeros" if gained > merged else "as written"
        self.ask(("ids",), "Are 00042 and 42 the same member?", verdict, why, options)

    def _field(self, name: str, key: str) -> Column | None:
        place = self.tree["files"].get(name, {}).get("columns", {}).get(key)
        if not place or not place.get("column"):
            return None
        return next(column for column in self.columns_by[name] if column.name == place["column"])

    def meanings(self, name: str) -> None:
        """What the words of an export mean."""
        kind = self.kinds[name]
        if kind == "members":
            self._segments(name)
            self._statuses(name, MEMBER, "Is a member with the status", "member")
        elif kind == "invoices":
            self._statuses(name, INVOICE_KEPT, "Does an invoice count with the status", "kept")
        elif kind == "courses":
            self._statuses(name, COURSE_DONE, "Was the course completed with the status", "done")
        if kind in ("invoices", "events", "courses"):
            self._events(name, "item" if kind == "invoices" else "kind")
        elif kind == "logins":
            self._logins(name)
        elif kind == "ratings":
            self._ratings(name)

    def _segments(self, name: str) -> None:
        column, scenario = self._field(name, "segment"), self.scenario
        if column is None:
            return
        segments = list(scenario.segments) if scenario is not None else []
        options = [(one, one) for one in segments] + [("", "leave these rows out")]
        for word, count in column.words.most_common(MOST_WORDS):
            guess: str | None
            if scenario is None:
                guess, why = name_of(word), "its own word"
            elif len(segments) == 1:
                guess, why = segments[0], "there is one segment only"
            else:
                near = nearest_name(word, segments)
                guess, why = near, "it shares its words" if near else "no segment is called like it"
            text = f"Which segment is {word!r}?"
            self.ask(
                ("files", name, "columns", "segment", "values", word), text, guess, f"{why}; {count:,} rows", options
            )

    def _statuses(self, name: str, meanings: dict[str, str], text: str, default: str) -> None:
        column = self._field(name, "status")
        if column is None:
            return
        options = [(one, one or "not used") for one in meanings]
        for word, count in column.words.most_common(MOST_WORDS):
            guess = status_of(word, meanings)
            why = f"{count:,} rows" if guess is not None else f"not a word that is known; {count:,} rows"
            path = ("files", name, "columns", "status", "values", word)
            self.ask(path, f"{text} {word!r}?", default if guess is None else guess, why, options)

    def _events(self, name: str, key: str) -> None:
        kind, column = self.kinds[name], self._field(name, key)
        if column is None:
            return
        who = self._field(name, "member_id")
        everybody = max(len(who.words) if who is not None else 1, 1)
        said = column.words.most_common()
        for word, count in said[:MOST_WORDS]:
            event = event_of(kind, word, self.scenario, common=count >= COMMON * everybody)
            text = f"{self.sheets[name].path.name}: what is {word!r}?"
            self.ask(
                ("files", name, "happened", word), text, event, f"{count:,} rows", _choices(kind, word, self.scenario)
            )
        if len(said) > MOST_WORDS:
            rest = sum(count for _, count in said[MOST_WORDS:])
            self.tree["files"][name].setdefault("happened", {}).update({word: "" for word, _ in said[MOST_WORDS:]})
            self.notes.append(
                f"{self.sheets[name].path.name}: {len(said) - MOST_WORDS:,} rarer words of {column.name!r} "
                f"({rest:,} rows) are not used"
            )

    def _logins(self, name: str) -> None:
        if self.scenario is None:
            guess: str | None = "milestone first_login"
            options = [("milestone first_login", "a milestone: first_login"), ("", "nothing")]
        else:
            milestones = [one for segment in self.scenario.segments.values() for one in segment.journey]
            near = nearest_name("first login", [one for one in milestones if "login" in one or "log_in" in one])
            guess = f"milestone {near}" if near else ""
            options = [(f"milestone {one}", one) for one in dict.fromkeys(milestones)] + [("", "nothing")]
        text = f"{self.sheets[name].path.name}: is the first login of a member a milestone?"
        self.ask(
            ("files", name, "first"), text, guess, "use is evidence of pace; the first is one of adoption", options
        )

    def _ratings(self, name: str) -> None:
        column = self._field(name, "score")
        if column is None:
            return
        if column.marks.share < 0.9:
            for word, count in column.words.most_common(MOST_WORDS):
                value = rating_of(word)
                text = f"{self.sheets[name].path.name}: where is {word!r}, from 0 (worst) to 1 (best)?"
                path = ("files", name, "columns", "score", "values", word)
                self.ask(path, text, None if value is None else f"{value:g}", f"{count:,} rows")
            return
        from simulation.intake.cells import numbers

        values = [one for one in numbers(list(column.words), column.marks.verdict or ".", "")[0] if one == one]
        low, high = min(values), max(values)
        scale = next(
            (one for one in ((0.0, 1.0), (1.0, 5.0), (0.0, 10.0), (0.0, 100.0)) if one[0] <= low and high <= one[1]),
            (low, high),
        )
        text = f"{self.sheets[name].path.name}: what are the worst and the best score?"
        self.ask(("files", name, "scale"), text, list(scale), f"scores go from {low:g} to {high:g}")

    def journey(self) -> None:
        """Without a scenario: the milestones by stage, then by how long after joining they are reached."""
        if self.scenario is not None:
            return
        holder = next(name for name, kind in self.kinds.items() if kind == "members")
        joined = self._days(holder, "joined")
        first: dict[str, dict[str, dt.date]] = {}
        for name, kind in self.kinds.items():
            spec = self.tree["files"][name]
            happened = {word: one for word, one in spec.get("happened", {}).items() if one.startswith("milestone ")}
            if kind == "logins" and str(spec.get("first", "")).startswith("milestone "):
                happened = {"": spec["first"]}
            if not happened:
                continue
            column = self._field(name, "kind")
            words = column.cells if column is not None and "" not in happened else None
            for event in happened.values():
                first.setdefault(event.partition(" ")[2], {})
            for place, (who, day) in enumerate(self._rows(name)):
                event = happened.get(words[place] if words else "")
                if event and day is not None and who in joined:
                    reached = first.setdefault(event.partition(" ")[2], {})
                    reached[who] = min(day, reached.get(who, day))
        lags = {name: [(day - joined[who]).days for who, day in one.items()] for name, one in first.items()}
        stages = ("adoption", "value", "growth")
        order = sorted(lags, key=lambda one: (stages.index(stage_of(one)), median(lags[one] or [0])))
        for name in order:
            why = "by its name"
            if lags[name]:
                why += f"; {len(lags[name]):,} members, {median(lags[name]):.0f} days after joining (median)"
            text = f"Which stage is the milestone {name!r} in?"
            self.ask(("journey", name, "stage"), text, stage_of(name), why, [(one, one) for one in stages])

    def _rows(self, name: str) -> list[tuple[str, dt.date | None]]:
        who, spec = self._field(name, "member_id"), self.tree["files"][name]["columns"].get("date", {})
        column = self._field(name, "date")
        if who is None or column is None:
            return []
        bare = self.tree.get("ids") == "without leading zeros"
        days, _ = dates(column.cells, spec.get("day_first"))
        return [(keyed(word, bare=bare), day) for word, day in zip(who.cells, days, strict=True)]

    def _days(self, name: str, key: str) -> dict[str, dt.date]:
        who, column = self._field(name, "member_id"), self._field(name, key)
        if who is None or column is None:
            return {}
        bare = self.tree.get("ids") == "without leading zeros"
        days, _ = dates(column.cells, self.tree["files"][name]["columns"][key].get("day_first"))
        return {keyed(word, bare=bare): day for word, day in zip(who.cells, days, strict=True) if day is not None}

    def begin(self) -> None:
        """From which day on the exports say all that happened."""
        first: dict[str, dt.date] = {}
        for name, kind in self.kinds.items():
            tells = any(self.tree["files"][name].get("happened", {}).values()) or self.tree["files"][name].get("first")
            if kind in ("invoices", "events", "courses", "logins") and (tells or kind == "invoices"):
                days = [day for _, day in self._rows(name) if day is not None and day <= self.exported]
                if days:
                    first[name] = min(days)
        if not first:
            return
        together = (max(first.values()) - min(first.values())).days <= SPREAD_DAYS
        day = min(first.values()) if together else max(first.values())
        said = ", ".join(f"{self.sheets[name].path.name} on {when}" for name, when in first.items())
        why = f"the exports begin: {said}"
        self.ask(("begins",), "From which day on do the exports say all that happened?", day.isoformat(), why)


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


def _choices(kind: str, word: str, scenario: Scenario | None) -> list[tuple[str, str]]:
    """What a word of an export can be."""
    milestones = (
        [one for segment in scenario.segments.values() for one in segment.journey] if scenario else [name_of(word)]
    )
    choices = [(f"milestone {one}", f"milestone {one}") for one in dict.fromkeys(milestones)]
    if kind == "invoices":
        choices = [("renewed", "dues of a term")]
        choices += [(f"{event} {one}", f"{said} {one}") for one in dict.fromkeys(milestones)
                    for event, said in (("taken", "offer taken at"), ("expanded", "expansion:"))]  # fmt: skip
    if kind == "events":
        for event in ("interaction", "setback", "resolved", "escalated", "value_recognised", "referred", "left"):
            choices.append((event, event.replace("_", " ")))
        for one in scenario.interventions if scenario else ():
            choices.append((f"intervention {one}", f"intervention {one}"))
    return [*choices, ("", "not used")]
