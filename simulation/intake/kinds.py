"""What an export can hold, and the words by which its columns are known."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["KINDS", "Field", "Kind", "likeness", "plain"]

Reads = Literal["id", "date", "number", "word", "flag"]


@dataclass(frozen=True)
class Field:
    """A column that a kind of export may have.

    Attributes
    ----------
    meaning
        What it holds, for a person.
    reads
        What its cells are.
    words
        What it is called in exports, the most telling first; plain words, as `plain` gives them.
    needed
        Whether an export of this kind is of no use without it.
    """

    meaning: str
    reads: Reads
    words: tuple[str, ...]
    needed: bool = False


@dataclass(frozen=True)
class Kind:
    """A kind of export: what it is, words of file names, and its fields by our name."""

    meaning: str
    words: tuple[str, ...]
    fields: dict[str, Field]


_WHO = Field(
    "the member",
    "id",
    ("member id", "member no", "member number", "membership no", "membership number", "member", "customer id",
     "customer no", "customer", "account id", "account", "mitgliedsnummer", "mitglieds nr", "mitgliedsnr", "mitglied",
     "kundennummer", "kunden nr", "kunde", "contact id", "user id", "user", "id", "no", "nr"),
    needed=True,
)  # fmt: skip

KINDS: Final[dict[str, Kind]] = {
    "members": Kind(
        "one row a member",
        ("member", "members", "mitglieder", "customers", "customer", "accounts", "contacts", "crm", "roster", "kunden"),
        {
            "member_id": _WHO,
            "joined": Field(
                "the day of joining", "date",
                ("joined", "join date", "joined on", "member since", "start date", "customer since", "since",
                 "eintritt",
                 "eintrittsdatum", "beitritt", "mitglied seit", "created", "contract start", "adhesion"), needed=True),
            "segment": Field(
                "the segment", "word",
                ("segment", "member type", "membership type", "type", "category", "plan", "tier", "grade",
                 "mitgliedsart",
                 "kategorie", "product", "tarif", "gruppe")),
            "arr": Field(
                "the recurring revenue a year", "number",
                ("arr", "annual dues", "dues", "annual fee", "fee", "jahresbeitrag", "beitrag", "annual amount",
                 "annual recurring revenue", "subscription", "amount", "acv", "price", "value")),
            "renews_on": Field(
                "the next renewal", "date",
                ("renews on", "renewal date", "renewal", "paid through", "paid until", "expiry date", "expiry",
                 "expires",
                 "valid until", "next renewal", "gultig bis", "end date", "contract end", "laufzeitende", "due date")),
            "left": Field(
                "the day of leaving", "date",
                ("left", "left on", "leave date", "cancelled on", "cancellation date", "cancel date", "churn date",
                 "resigned", "austritt", "austrittsdatum", "kundigung", "terminated", "end of membership",
                 "lapsed on")),
            "cause": Field("the cause of leaving", "word", ("reason", "leave reason", "cause", "cancellation reason",
            "grund")),
            "status": Field("the status", "word", ("status", "state", "member status", "active", "zustand")),
            "merged_into": Field(
                "the record that replaces it", "id",
                ("merged into", "merged with", "master id", "duplicate of", "replaced by", "zusammengefuhrt mit")),
        },
    ),
    "invoices": Kind(
        "one row an invoice or an item of one",
        ("invoice", "invoices", "billing", "payments", "payment", "rechnungen", "rechnung", "charges", "orders",
         "beitrage"),
        {
            "member_id": _WHO,
            "date": Field(
                "the day of the invoice", "date",
                ("invoice date", "date", "issued", "billed on", "payment date", "paid on", "datum", "rechnungsdatum",
                 "posted"),
                needed=True),
            "amount": Field(
                "the amount", "number",
                ("amount", "total", "net amount", "net", "gross amount", "betrag", "summe", "sum", "price", "paid",
                 "value",
                 "line total", "invoice amount"),
                needed=True),
            "item": Field(
                "what is charged", "word",
                ("item", "description", "product", "position", "line item", "artikel", "bezeichnung", "type", "text",
                 "plan")),
            "from": Field(
                "the first day of the term", "date",
                ("period start", "service start", "from", "term start", "start", "leistung von", "von",
                 "coverage start")),
            "until": Field(
                "the last day of the term", "date",
                ("period end", "service end", "to", "until", "term end", "end", "leistung bis", "bis", "coverage end")),
            "status": Field("the status of the invoice", "word", ("status", "state", "invoice status", "zustand")),
        },
    ),
    "events": Kind(
        "one row something that happened",
        ("events", "event", "activity", "activities", "tickets", "ticket", "support", "cases", "log", "ereignisse",
         "interactions"),
        {
            "member_id": _WHO,
            "date": Field(
                "the day", "date",
                ("date", "event date", "created", "created at", "occurred", "timestamp", "opened", "when", "datum",
                 "time"),
                needed=True),
            "kind": Field(
                "what happened", "word",
                ("event", "event type", "type", "activity", "activity type", "kind", "category", "action", "ereignis",
                 "art",
                 "subject"),
                needed=True),
        },
    ),
    "courses": Kind(
        "one row a course taken",
        ("courses", "course", "training", "lms", "learning", "kurse", "certifications", "certificates", "exams"),
        {
            "member_id": _WHO,
            "date": Field(
                "the day of completion", "date",
                ("completed", "completed on", "completion date", "completion", "finished", "passed on", "date",
                 "abschluss",
                 "abgeschlossen am", "award date", "certified on"),
                needed=True),
            "kind": Field(
                "the course", "word",
                ("course", "course name", "course title", "title", "training", "module", "kurs", "kurstitel",
                 "certificate",
                 "certification", "name"),
                needed=True),
            "status": Field(
                "the result (completed or not)", "word", ("status", "result", "passed", "outcome", "state", "ergebnis",
                "grade")),
        },
    ),
    "logins": Kind(
        "logins or use, one row each or counted",
        ("logins", "login", "usage", "sessions", "visits", "web", "app", "portal", "anmeldungen", "nutzung"),
        {
            "member_id": _WHO,
            "date": Field(
                "the day or month", "date",
                ("login date", "logged in", "login", "date", "timestamp", "login at", "session start", "last seen",
                 "month",
                 "datum", "monat", "time", "day"),
                needed=True),
            "count": Field(
                "how often", "number",
                ("count", "logins", "sessions", "visits", "hits", "number of logins", "usage", "events", "anzahl",
                 "uses")),
        },
    ),
    "ratings": Kind(
        "answers of members or judgements of their managers",
        ("survey", "surveys", "nps", "satisfaction", "csat", "health", "ratings", "rating", "umfrage", "scores",
         "feedback"),
        {
            "member_id": _WHO,
            "date": Field(
                "the day", "date",
                ("date", "response date", "answered", "submitted", "rated on", "timestamp", "datum", "completed"),
                 needed=True),
            "score": Field(
                "the rating", "number",
                ("score", "nps", "rating", "answer", "csat", "health", "health score", "value", "bewertung", "note",
                 "satisfaction", "rag", "response"),
                needed=True),
            "kind": Field("who says so", "word", ("source", "survey", "question", "type", "kind", "rated by",
            "umfrage")),
        },
    ),
}  # fmt: skip
"""Kinds of exports, by name; the first field of each says whose the row is."""

_FOLD = str.maketrans("äöüéèêáàâóòôíìúùñç", "aoueeeaaaoooiiuunc")


def plain(name: str) -> str:
    """A name as plain words: small letters without accents, split at capitals, digits and marks dropped.

    >>> plain("memberID"), plain("Mitglieds-Nr."), plain("ARR (USD)")
    ('member id', 'mitglieds nr', 'arr usd')
    """
    split = re.sub(r"(?<=[a-zäöü])(?=[A-Z])", " ", name)
    return " ".join(re.findall(r"[a-zß]+", split.lower().translate(_FOLD)))


def likeness(name: str, words: tuple[str, ...]) -> float:
    """How much a column is called like one of some words: 1 the same,
    0 not at all; earlier words count a little more."""
    own = plain(name)
    best = 0.0
    for rank, word in enumerate(words):
        if own == word:
            score = 1.0
        elif set(word.split()) <= set(own.split()):
            score = 0.8 if len(word) > 3 else 0.6
        else:
            ratio = difflib.SequenceMatcher(None, own, word).ratio()
            score = 0.7 * ratio if ratio > 0.75 else 0.0
        best = max(best, score - 0.004 * rank)
    return best
