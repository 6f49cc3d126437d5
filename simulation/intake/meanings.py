"""Proposes what the words of exports mean: segments, statuses, events, ratings, milestones; when the record begins."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from simulation.intake.cells import numbers
from simulation.intake.order import STAGES, in_order_of, stages_of, why_there
from simulation.intake.proposal import Draft
from simulation.intake.words import (
    COURSE_DONE,
    INVOICE_KEPT,
    MEMBER,
    event_of,
    name_of,
    nearest_name,
    rating_of,
    status_of,
)

if TYPE_CHECKING:
    from simulation.scenario import Scenario

__all__ = ["begin", "journey", "meanings"]

MOST_WORDS = 60
"""Different words of a column that are asked about; rarer ones are left out, and said."""
COMMON = 0.05
"""Share of the members who must have taken a course for it to be proposed as a milestone of all."""
SPREAD_DAYS = 200
"""Exports whose first days lie further apart than this do not begin together."""


def meanings(draft: Draft, name: str) -> None:
    """What the words of an export mean."""
    kind = draft.kinds[name]
    if kind == "members":
        _segments(draft, name)
        _statuses(draft, name, MEMBER, "Is a member with the status", "member")
    elif kind == "invoices":
        _statuses(draft, name, INVOICE_KEPT, "Does an invoice count with the status", "kept")
    elif kind == "courses":
        _statuses(draft, name, COURSE_DONE, "Was the course completed with the status", "done")
    if kind in ("invoices", "events", "courses"):
        _events(draft, name, "item" if kind == "invoices" else "kind")
    elif kind == "logins":
        _logins(draft, name)
    elif kind == "ratings":
        _ratings(draft, name)


def _segments(draft: Draft, name: str) -> None:
    column, scenario = draft.field(name, "segment"), draft.scenario
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
        draft.ask(("files", name, "columns", "segment", "values", word), text, guess, f"{why}; {count:,} rows", options)


def _statuses(draft: Draft, name: str, meanings: dict[str, str], text: str, default: str) -> None:
    column = draft.field(name, "status")
    if column is None:
        return
    options = [(one, one or "not used") for one in meanings]
    for word, count in column.words.most_common(MOST_WORDS):
        guess = status_of(word, meanings)
        why = f"{count:,} rows" if guess is not None else f"not a word that is known; {count:,} rows"
        path = ("files", name, "columns", "status", "values", word)
        draft.ask(path, f"{text} {word!r}?", default if guess is None else guess, why, options)


def _events(draft: Draft, name: str, key: str) -> None:
    kind, column = draft.kinds[name], draft.field(name, key)
    if column is None:
        return
    who = draft.field(name, "member_id")
    everybody = max(len(who.words) if who is not None else 1, 1)
    said = column.words.most_common()
    for word, count in said[:MOST_WORDS]:
        event = event_of(kind, word, draft.scenario, common=count >= COMMON * everybody)
        text = f"{draft.sheets[name].path.name}: what is {word!r}?"
        draft.ask(
            ("files", name, "happened", word), text, event, f"{count:,} rows", _choices(kind, word, draft.scenario)
        )
    if len(said) > MOST_WORDS:
        rest = sum(count for _, count in said[MOST_WORDS:])
        draft.tree["files"][name].setdefault("happened", {}).update({word: "" for word, _ in said[MOST_WORDS:]})
        draft.notes.append(
            f"{draft.sheets[name].path.name}: {len(said) - MOST_WORDS:,} rarer words of {column.name!r} "
            f"({rest:,} rows) are not used"
        )


def _logins(draft: Draft, name: str) -> None:
    if draft.scenario is None:
        guess: str | None = "milestone first_login"
        options = [("milestone first_login", "a milestone: first_login"), ("", "nothing")]
    else:
        milestones = [one for segment in draft.scenario.segments.values() for one in segment.journey]
        near = nearest_name("first login", [one for one in milestones if "login" in one or "log_in" in one])
        guess = f"milestone {near}" if near else ""
        options = [(f"milestone {one}", one) for one in dict.fromkeys(milestones)] + [("", "nothing")]
    text = f"{draft.sheets[name].path.name}: is the first login of a member a milestone?"
    draft.ask(("files", name, "first"), text, guess, "use is evidence of pace; the first is one of adoption", options)


def _ratings(draft: Draft, name: str) -> None:
    column = draft.field(name, "score")
    if column is None:
        return
    if column.marks.share < 0.9:
        for word, count in column.words.most_common(MOST_WORDS):
            value = rating_of(word)
            text = f"{draft.sheets[name].path.name}: where is {word!r}, from 0 (worst) to 1 (best)?"
            path = ("files", name, "columns", "score", "values", word)
            draft.ask(path, text, None if value is None else f"{value:g}", f"{count:,} rows")
        return

    values = [one for one in numbers(list(column.words), column.marks.verdict or ".", "")[0] if one == one]
    low, high = min(values), max(values)
    scale = next(
        (one for one in ((0.0, 1.0), (1.0, 5.0), (0.0, 10.0), (0.0, 100.0)) if one[0] <= low and high <= one[1]),
        (low, high) if low < high else (min(low, 0.0), max(high, 0.0)),
    )
    text = f"{draft.sheets[name].path.name}: what are the worst and the best score?"
    draft.ask(("files", name, "scale"), text, list(scale), f"scores go from {low:g} to {high:g}")


def journey(draft: Draft) -> None:
    """Without a scenario: the milestones in the order in which they are reached, and their likely stages."""
    if draft.scenario is not None:
        return
    holder = next(name for name, kind in draft.kinds.items() if kind == "members")
    joined = draft.days(holder, "joined")
    first: dict[str, dict[str, dt.date]] = {}
    for name, kind in draft.kinds.items():
        spec = draft.tree["files"][name]
        happened = {word: one for word, one in spec.get("happened", {}).items() if one.startswith("milestone ")}
        if kind == "logins" and str(spec.get("first", "")).startswith("milestone "):
            happened = {"": spec["first"]}
        if not happened:
            continue
        column = draft.field(name, "kind")
        words = column.cells if column is not None and "" not in happened else None
        for event in happened.values():
            first.setdefault(event.partition(" ")[2], {})
        for place, (who, day) in enumerate(draft.rows(name)):
            event = happened.get(words[place] if words else "")
            if event and day is not None and who in joined:
                reached = first.setdefault(event.partition(" ")[2], {})
                reached[who] = min(day, reached.get(who, day))
    order = in_order_of(first, joined)
    stages = stages_of(order)
    for name in order:
        text = f"Which stage is the milestone {name!r} in?"
        why = why_there(name, order, first, joined)
        draft.ask(("journey", name, "stage"), text, stages[name], why, [(one, one) for one in STAGES])


def begin(draft: Draft) -> None:
    """From which day on the exports say all that happened."""
    first: dict[str, dt.date] = {}
    for name, kind in draft.kinds.items():
        tells = any(draft.tree["files"][name].get("happened", {}).values()) or draft.tree["files"][name].get("first")
        if kind in ("invoices", "events", "courses", "logins") and (tells or kind == "invoices"):
            days = [day for _, day in draft.rows(name) if day is not None and day <= draft.exported]
            if days:
                first[name] = min(days)
    if not first:
        return
    together = (max(first.values()) - min(first.values())).days <= SPREAD_DAYS
    day = min(first.values()) if together else max(first.values())
    said = ", ".join(f"{draft.sheets[name].path.name} on {when}" for name, when in first.items())
    why = f"the exports begin: {said}"
    draft.ask(("begins",), "From which day on do the exports say all that happened?", day.isoformat(), why)


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
