"""The words of a history: what can have happened to a member, and what `name` and `value` mean there.

A history is one tidy table, a row for everything that happened:

=============  =====================================================================================
column         meaning
=============  =====================================================================================
`member_id`    whose; text
`date`         when it happened; a day, or a day and a time of day
`event`        what; one of the words below
`name`         which one: the milestone, the intervention, the cause; blank where there is none
`value`        how much; blank where there is nothing to say. Money is in currency units
`segment`      of the member; not needed in every row, nor where there is only one
`date_low`     first day on which it can have happened, where that is known as an interval only;
               `date` then is the best guess within it
`date_high`    last such day
`recorded`     when it became known; blank: on the day itself (usage: at the end of its month)
=============  =====================================================================================

What the organisation cannot see has no word: the vector, progress, outcome shifts, patience, the end of an effect.

At one moment events count in the order of `EVENTS`, so an export that knows only days needs no times of day: a
milestone comes before its offer, the offer before it is taken, and leaving comes last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

__all__ = [
    "CODE",
    "COMES",
    "EVENTS",
    "MILESTONE_EVENTS",
    "INTERVENTION_EVENTS",
    "OF_ABSENT",
    "OF_MORNING",
    "WORDS",
    "Word",
]

Money = Literal["level", "plus", "minus", "none"]


@dataclass(frozen=True)
class Word:
    """One event.

    Attributes
    ----------
    meaning
        When to write a row.
    name
        What `name` holds; empty: nothing.
    value
        What `value` holds, with its unit; empty: nothing.
    arr
        What `value` does to the member's ARR: "level" sets it, "plus" adds, "minus" takes away, "none" nothing.
    """

    meaning: str
    name: str = ""
    value: str = ""
    arr: Money = "none"


_MILESTONE = "the milestone"
_INTERVENTION = "the intervention"
_LEVEL = "ARR from then on, a year"

WORDS: Final[dict[str, Word]] = {
    "present": Word(
        "is a member on the morning when the record begins (a row `joined` before it may stand beside it)",
        "the last milestone reached by then; `none`: none yet; blank: not known",
        _LEVEL,
        "level",
    ),
    "joined": Word("becomes a member, for the first time", "", _LEVEL, "level"),
    "returned": Word("becomes a member again after leaving", "", _LEVEL, "level"),
    "price": Word("a change of price is announced to the member", "what it is called", "percent (5 = 5% more)"),
    "moved": Word("goes over to another segment", "the new segment"),
    "intervention": Word("an intervention is delivered", _INTERVENTION, "the fee paid, if any"),
    "undelivered": Word("an intervention ends without effect, as the member had left", _INTERVENTION),
    "expanded": Word(
        "ARR grows outside an opportunity, as by an intervention with a recurring price",
        "what it is for",
        "ARR added, a year",
        "plus",
    ),
    "milestone": Word("reaches a Success Milestone", _MILESTONE),
    "value_recognised": Word("recognises value: says so, or is shown it and agrees"),
    "resolved": Word("the open setback is over"),
    "setback": Word("meets an issue, such as a support case"),
    "escalated": Word("the open setback escalates"),
    "interaction": Word("is in touch or uses the service; the date is enough, and these rows are optional"),
    "usage": Word(
        "how much was used in a calendar month; `date` is any day of that month",
        "which measure; blank when there is one only",
        "a count or an index, the same unit throughout; 0 or more",
    ),
    "rating": Word(
        "a member, or its manager, says how well it goes: noisy evidence of direction",
        "who says so, or which question",
        "from 0 (worst) to 1 (best)",
    ),
    "offered": Word("an opportunity is offered", _MILESTONE, "ARR on offer, a year"),
    "taken": Word("takes an offer", _MILESTONE, "ARR added, a year", "plus"),
    "declined": Word("declines an offer", _MILESTONE),
    "lapsed": Word("the window of an opportunity closes without an offer", _MILESTONE),
    "pushed": Word("is pushed to buy before the milestone, for a quota", _MILESTONE),
    "push_taken": Word("gives in to the push", _MILESTONE, "ARR added, a year", "plus"),
    "referred": Word("refers somebody who will join"),
    "requested": Word("an intervention is asked for", _INTERVENTION),
    "refused": Word("refuses an intervention", _INTERVENTION),
    "started": Word("the team starts an intervention", _INTERVENTION),
    "arr": Word("a stated level, as in a monthly list", "", "ARR, a year", "level"),
    "renewed": Word(
        "a new term begins: the day on which the old one ended", "", "ARR of the new term, a year", "level"
    ),
    "grace": Word("misses a renewal, and is a member until grace ends"),
    "recovered": Word("renews within grace", "", "ARR of the new term, a year", "level"),
    "due": Word(
        "it is agreed when the current term ends; only where that is not whole terms after joining or returning",
        "the date of the next renewal, such as 2027-12-31",
    ),
    "contracted": Word("goes on with less", "", "ARR lost, a year", "minus"),
    "withdrawn": Word("a request for an intervention is dropped", _INTERVENTION),
    "left": Word(
        "leaves: a missed renewal or a leaving during the term (a pause is `left` and `returned`)",
        "the cause; blank: not known",
        "ARR lost, a year",
    ),
    "correction": Word(
        "an earlier row was wrong and is void from `recorded` on; it has this row's member and `date`",
        "the event of the void row, and after a space its name, where several have that date",
    ),
}
"""Every event by name, in the order of simultaneous ones. A blank value of a level leaves the ARR as it was."""

EVENTS: Final[tuple[str, ...]] = tuple(WORDS)
CODE: Final[dict[str, int]] = {name: code for code, name in enumerate(EVENTS)}
"""Place of each event in `EVENTS`: what `History.frame["event"].cat.codes` holds."""

COMES: Final = ("present", "joined", "returned")
"""Events from which on somebody is a member."""
MILESTONE_EVENTS: Final = tuple(event for event, word in WORDS.items() if word.name == _MILESTONE)
INTERVENTION_EVENTS: Final = tuple(event for event, word in WORDS.items() if word.name == _INTERVENTION)
OF_COUNTS: Final = ("present", "joined", "returned", "left", "renewed", "arr", "correction")
"""Events that counts of members can be turned into."""
OF_ABSENT: Final = ("usage", "undelivered", "due", "correction")
"""Events that somebody may have who is not a member: they are about the record, or were caused before."""
OF_MORNING: Final = ("present", "arr", "due")
"""Events that say how things stand: what is dated on a day held on its morning already."""
