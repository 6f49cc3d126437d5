"""The commands `pilot choose`, `pilot assign` and `pilot read`, one after another."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

Call = Callable[..., tuple[int, str, str]]
MORE = """\
teams: {care: {people: 1, hours_per_month: 100}}
interventions:
  call: {when: {every: 60 days}, team: care, effort: 1 hour, effects: [{turn_toward: 30%}]}
"""


def test_a_pilot_from_choice_to_reading(call: Call, book_plan: Path) -> None:
    book_plan.write_text(book_plan.read_text() + MORE)
    book = book_plan.parent / "data" / "book.csv"
    head = "member_id,segment,arr,joined,renews_on\n"
    book.write_text(head + "".join(f"=m{k},individual,{300 + k},2026-05-01,2027-05-01\n" for k in range(12)))
    status, out, _ = call("pilot", "choose", book_plan, "--replications", 4, "--workers", 1, "--json")
    said = json.loads(out)
    assert status == 0 and said["best"] == "don't pilot" and len(said["choices"]) == 2

    _, out, _ = call("pilot", "choose", book_plan, "--replications", 4, "--workers", 1)
    assert "there is nothing to learn." in out.splitlines()[-2]  # below the table, in one line

    status, _, err = call("pilot", "read", "p", "events.csv", "--scenario", book_plan)
    assert status == 2 and "`membersim pilot assign` makes one" in err and "Errno" not in err
    status, out, err = call("pilot", "assign", book_plan, "call", "--out", "p")
    assert status == 0 and "Adopt an intervention when" in out and "=m" not in out + err
    assert call("pilot", "assign", book_plan, "call", "--out", "p")[0] == 2  # what is laid down stays
    assert call("pilot", "assign", book_plan, "cal", "--out", "q")[0] == 2

    rows = "".join(f"=m{k},2026-05-01,joined,,300\n=m{k},2027-02-01,milestone,first_value,\n" for k in range(12))
    Path("events.csv").write_text("member_id,date,event,name,value\n" + rows)
    words = ("pilot", "read", "p", "events.csv", "--scenario", book_plan, "--replications", 4, "--workers", 1)
    status, out, _ = call(*words, "--exported", "2027-05-02", "--json")
    said = json.loads(out)
    assert status == 0 and said["effects"][0]["effect"] == 0 and {one["members"] for one in said["arms"]} == {6}
    protocol = json.loads(Path("p/protocol.json").read_text())
    Path("p/protocol.json").write_text(json.dumps(protocol | {"chance": 0.1}))
    status, _, err = call(*words, "--exported", "2027-05-02")
    assert status == 2 and "was changed" in err


def test_names_that_a_spreadsheet_would_take_for_formulas(call: Call, book_plan: Path) -> None:
    text = (book_plan.read_text() + MORE).replace("individual:", '"@individual":').replace("  call:", '  "+call":')
    book_plan.write_text(text)
    rows = "".join(f"m{k},@individual,{300 + k},2026-05-01,2027-05-01\n" for k in range(12))
    (book_plan.parent / "data" / "book.csv").write_text("member_id,segment,arr,joined,renews_on\n" + rows)
    assert call("pilot", "assign", book_plan, "+call", "--out", "p")[0] == 0
    arms = Path("p/arms.csv").read_text()
    assert "'+call" in arms and ",+" not in arms and ",@" not in arms
    Path("events.csv").write_text(
        "member_id,date,event,name,value\n" + "".join(f"m{k},2026-05-01,joined,,300\n" for k in range(12))
    )
    words = ("pilot", "read", "p", "events.csv", "--scenario", book_plan, "--replications", 4, "--workers", 1)
    assert call(*words, "--exported", "2027-05-02")[0] == 0
