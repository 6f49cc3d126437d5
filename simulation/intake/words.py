"""What the words of an export most likely mean: statuses, items of invoices, courses, kinds of events, ratings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from simulation.intake.kinds import plain

if TYPE_CHECKING:
    from simulation.scenario import Scenario

__all__ = [
    "COURSE_DONE", "INVOICE_KEPT", "MEMBER", "event_of", "name_of", "nearest_name", "rating_of", "stage_named",
    "status_of",
]  # fmt: skip

_EVENTS = (
    ("escalat|eskalier", "escalated"),
    ("(ticket|case|issue|complaint|incident|setback|anfrage|beschwerde).*(clos|resolv|solv|geschlossen|gelost)|^resolved|"
     "(clos|resolv|solv)ed.*(ticket|case|issue)", "resolved"),
    ("ticket|case|issue|complaint|incident|setback|beschwerde|storung", "setback"),
    ("value review|outcome|value (recogni|reali|confirm)|success review|testimonial|case study", "value_recognised"),
    ("cancel|resign|terminat|austritt|kundigung|churn", "left"),
    ("referr|recommend|empfehl", "referred"),
    ("newsletter|mailing|email sent|bounce|opt", ""),
    ("login|call|meeting|visit|webinar|email|event|chat|forum|download|contact|anruf|treffen|besuch", "interaction"),
)  # fmt: skip
_DUES = re.compile("dues|membership|member fee|renewal|subscription|beitrag|annual|licen[cs]e|plan|abo")
_CHARGES = re.compile(
    "late|postage|shipping|tax|vat|event|conference|ticket|fee for|mahn|porto|versand|reminder|donation|spende|book"
)
_ADOPTION = re.compile(
    "intro|onboard|getting started|welcome|basic|first|kick ?off|orientation|einfuhrung|grundlagen|login"
)
_VALUE = re.compile("certif|exam|diplom|zertifik|prufung|licen[cs]|accredit|outcome|go live|golive|award")

MEMBER = {
    "member": "active|current|paid|yes|true|1|aktiv|mitglied|good standing|grace|live|ja|y|x",
    "left": "lapsed|cancel|cancelled|canceled|left|resigned|terminated|inactive|expired|no|false|0|churned|former|"
    "deceased|ausgetreten|gekundigt|inaktiv|ehemalig|nein|n",
    "": "pending|prospect|trial|applicant|test|duplicate|merged|suspended|anwarter|interessent|lead",
}
"""What a status says of a member: that it is one, that it has left, or (blank) that the row is nobody."""
INVOICE_KEPT = {
    "kept": "paid|open|sent|issued|posted|due|overdue|settled|bezahlt|offen|closed|complete|completed|final",
    "": "void|voided|cancel|cancelled|canceled|draft|storniert|entwurf|refunded|proforma|deleted|written off",
}
COURSE_DONE = {
    "done": "completed|complete|passed|pass|yes|true|1|finished|certified|abgeschlossen|bestanden|ja|done|awarded",
    "": "started|enrolled|in progress|failed|fail|no|false|0|withdrawn|registered|nicht bestanden|nein|"
    "cancelled|no show",
}
_RATINGS = {
    1.0: "green|very satisfied|excellent|healthy|good|grun|promoter|5|a|very good|sehr gut",
    0.75: "satisfied|light green|b|gut",
    0.5: "amber|yellow|neutral|ok|fair|gelb|passive|medium|c|average",
    0.25: "dissatisfied|orange|d|poor|unzufrieden",
    0.0: "red|very dissatisfied|at risk|bad|rot|detractor|unhealthy|critical|e|f|very poor",
}


def status_of(word: str, meanings: dict[str, str]) -> str | None:
    """What a status means, of the meanings of a table; None when it is none of its words."""
    own = plain(word) or word.strip().lower()
    for meaning, words in meanings.items():
        if own in words.split("|"):
            return meaning
    for meaning, words in meanings.items():
        if any(len(each) > 3 and each in own for each in words.split("|")):
            return meaning
    return None


def rating_of(word: str) -> float | None:
    """Where a word lies on a scale from 0 (worst) to 1; None when it is no word of the kind."""
    own = plain(word) or word.strip().lower()
    return next((value for value, words in _RATINGS.items() if own in words.split("|")), None)


def name_of(word: str) -> str:
    """A name for a milestone, a segment or the like: small letters, joined by underscores.

    >>> name_of("Certification Exam (Level 2)")
    'certification_exam_level_2'
    """
    return "_".join(re.findall(r"[^\W_]+", word.lower()))[:60] or "other"


def nearest_name(word: str, names: Iterable[str]) -> str | None:
    """The name that shares most of its words with a word of an export; None when none shares half of its own."""
    own = {_stem(one) for one in plain(word).split()}
    best, least = None, 0.49
    for name in names:
        theirs = {_stem(one) for one in plain(name.replace("_", " ")).split()}
        if theirs and (score := len(own & theirs) / len(theirs)) > least:
            best, least = name, score
    return best


def _stem(word: str) -> str:
    return re.sub(r"(ications?|ied|ation|ing|ed|es|s)$", "", word) if len(word) > 4 else word


def stage_named(word: str) -> str:
    """The stage that the name of a milestone speaks of; blank where it speaks of none."""
    own = plain(word.replace("_", " "))
    return "adoption" if _ADOPTION.search(own) else "value" if _VALUE.search(own) else ""


def event_of(kind: str, word: str, scenario: Scenario | None, *, common: bool = True) -> str:
    """What a word of an export most likely is: an event and, after a space, its name; blank: nothing.

    Parameters
    ----------
    kind
        Of the export.
    common
        Whether a good part of the members have it; a rare course is no milestone of everybody's journey.
    """
    own = plain(word)
    milestones = [one for segment in scenario.segments.values() for one in segment.journey] if scenario else []
    near = nearest_name(word, milestones)
    if kind == "invoices":
        if _CHARGES.search(own):
            return ""
        return "renewed" if _DUES.search(own) else f"expanded {near or name_of(word)}"
    if kind == "courses":
        if scenario is not None:
            return f"milestone {near}" if near else ""
        return f"milestone {name_of(word)}" if common or stage_named(word) else ""
    if near:
        return f"milestone {near}"
    done = nearest_name(word, scenario.interventions) if scenario else None
    if done:
        return f"intervention {done}"
    return next((event for pattern, event in _EVENTS if re.search(pattern, own)), "")
