"""Every error names file, line, column and path, says what was expected, and gives the nearest right word."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from simulation.scenario import Problem, ScenarioError, load

Write = Callable[..., Path]

# What is replaced in the small scenario, by what, where the error is, and what it says.
# S: stands for segments.people, I: for interventions.welcome.
CASES = [
    ("name: Small\n", "", "name", "the key 'name' is missing"),
    ("name: Small", "nam: Small", "nam", "did you mean 'name'?"),
    ("name: Small", "name: 5", "name", "expected text, not 5; put it in quotes"),
    ("name: Small", "name: Small\non: 1", "on", "unknown key: expected one of name"),
    ("2027-01-01", "2027-02-30", "start", "expected a date such as 2027-01-31, not '2027-02-30'"),
    ("2027-01-01", "5", "start", "expected a date"),
    ("2027-01-01", "1066-01-01", "start", "expected a date from 1900"),
    ("12 months", "12", "horizon", "unit is missing"),
    ("12 months", "-3 days", "horizon", "from 1 day"),
    ("12 months", "1.5 days", "horizon", "whole months or whole days"),
    ("12 months", "900 years", "horizon", "from 1 day to 1200 months"),
    ("name: Small", "name: S\nfiscal_year_starts: Juli", "fiscal_year_starts", "did you mean 'July'?"),
    ("name: Small", "name: S\nperiods: weeks", "periods", "did you mean 'week'?"),
    ("desired_outcome: {required: works}", "desired_outcome: {}", "S:desired_outcome.required", "missing"),
    ("{required: works}", "works", "S:desired_outcome", "a mapping with the keys required, experience"),
    ("arr: 100", "arr: -100", "S:arr", "must be at least 0, not -100"),
    ("arr: 100", "arr: .nan", "S:arr", "must be finite"),
    ("arr: 100", "arr: .inf", "S:arr", "must be finite"),
    ("arr: 100", "arr: 1e15", "S:arr", "at most 10,000,000,000"),
    ("arr: 100", "arr: 100\n    term: 0 months", "S:term", "at least 1 month"),
    ("per_month: 5", "per_month: -5", "S:arrivals.per_month", "must be at least 0, not -5"),
    ("per_month: 5", "per_month: 5, season: {Jan: 1}", "S:arrivals.season.Jan", "did you mean 'January'"),
    ("per_month: 5", "per_month: 5, season: [1, 2]", "S:arrivals.season", "list of 12"),
    ("per_month: 5", "per_month: 5, growth: -100% per year", "S:arrivals.growth", "more than -100% per year"),
    (
        "interactions: 3 per month",
        "interactions: -3 per month",
        "S:vector.interactions",
        "at least 0 per year",
    ),
    (
        "interactions: 3 per month",
        "interactions: 3 per second",
        "S:vector.interactions",
        "at most 1000 per day",
    ),
    ("typical: 30 deg", "typical: 30", "S:vector.direction.typical", "an angle such as '35 deg', not 30"),
    ("typical: 30 deg", "memory: 0 days", "S:vector.direction.memory", "more than 0 days"),
    ("stage: adoption", "stage: growth", "S:journey.result.stage", "cannot come after one of stage growth"),
    ("stage: adoption", "stage: adopt", "S:journey.start.stage", "did you mean 'adoption'?"),
    ("after: 1 month", "after: -1 month", "S:journey.start.after", "at least 0 months"),
    ("start: {stage", "a/b: {stage", "S:journey.a/b", "cannot be a name"),
    ("take: 60%", "take: 60", "S:journey.result.opportunity.take", "for a percentage write '60%'"),
    ("kind: add_on", "kind: addon", "S:journey.result.opportunity.kind", "did you mean 'add_on'?"),
    ("80%}", "80%}\n    cycle: true", "S:cycle", "a cycle repeats the growth milestones"),
    ("probability: 80%", "probabilty: 80%", "S:renewal.probabilty", "did you mean 'probability'?"),
    ("80%}", "80%, grace: {length: 0 days, recovery: 5%}}", "S:renewal.grace.length", "more than 0 days"),
    (
        "80%}",
        "80%}\n    price: {changes: [{date: 2027-03-01, change: 1%}, {date: 2027-02-01, change: 1%}]}",
        "S:price.changes.1.date",
        "later than the change before it (2027-03-01)",
    ),
    (
        "80%}",
        "80%}\n    advocacy: {rate: 1 per year, converts: 5%, segment: peopl}",
        "S:advocacy.segment",
        "there is no segment 'peopl': expected people; did you mean 'people'?",
    ),
    (
        "80%}",
        "80%}\n    term: 1 month\nknown: {segments.people.first_year_renewal: 70%}",
        "known.segments.people.first_year_renewal",
        "only where terms have 12 months, and this term has 1",
    ),
    (
        "80%}",
        "80%}\n    term: 6 months\nobjectives: {o: {measure: first_year_renewal, within: 90 days, at_least: 70%}}",
        "objectives.o.measure",
        "only where terms have 12 months, and this term has 6",
    ),
    (
        "80%}",
        "80%}\nobjectives: {o: {measure: arr, segment: [people], within: 90 days, at_least: 1}}",
        "objectives.o.segment",
        "expected text, not a list",
    ),
    ("people: 2,", "people: 2.5,", "teams.care.people", "expected a whole number, not 2.5"),
    ("people: 2,", "people: 0,", "I:team", "the team 'care' has no people"),
    (
        "people: 2,",
        "people: 0, hires: [{date: 2029-01-01, people: 1}],",
        "I:team",
        "no people within the horizon",
    ),
    ("hours_per_month: 100", "hours_per_month: 0", "teams.care.hours_per_month", "at least 1, not 0"),
    ("people: 2,", "people: 2, available_share: 0%,", "teams.care.available_share", "at least 1%"),
    (
        "people: 2,",
        "people: 2, leavers: [{date: 2027-02-01, people: 3}],",
        "teams.care.leavers.0.people",
        "the team has 2 then",
    ),
    (
        "people: 2,",
        "people: 2, leavers: [{date: 2026-02-01, people: 1}],",
        "teams.care.leavers.0.date",
        "before the start",
    ),
    (
        "people: 2,",
        "people: 2, hires: [{date: 2026-02-01, people: 1}],",
        "teams.care.hires.0.date",
        "before the start",
    ),
    (
        "people: 2,",
        "people: 2, hires: [{date: 2027-02-01, people: 1, ramp: {from: 5%, over: 2 months, until: 5%}}],",
        "teams.care.hires.0.ramp.until",
        "unknown key: expected one of from or over",
    ),
    ("people: 2,", "people: 2, order: riks,", "teams.care.order", "did you mean 'risk'?"),
    ("{joined: 3 days}", "{join: 3 days}", "I:when.join", "did you mean 'joined'?"),
    ("{joined: 3 days}", "{}", "I:when", "exactly one trigger"),
    ("{joined: 3 days}", "joined", "I:when", "mapping with one key"),
    ("{joined: 3 days}", "{joined: -3 days}", "I:when.joined", "at least 0 days"),
    ("{joined: 3 days}", "{every: 0 days}", "I:when.every", "at least 1 hour"),
    ("{joined: 3 days}", "{reached: strat}", "I:when.reached", "did you mean 'start'?"),
    ("{joined: 3 days}", "{taken: [start]}", "I:when.taken", "the name of a milestone, not a list"),
    ("{joined: 3 days}", "{approaching: start}", "I:when.approaching", "with the keys milestone, within"),
    (
        "{joined: 3 days}",
        "{approaching: {milestone: start, within: 0 days}}",
        "I:when.approaching.within",
        "more than 0",
    ),
    ("{joined: 3 days}", "{off_course: 30 deg}", "I:when.off_course", "needs a 'who: {cooldown: ...}'"),
    ("{joined: 3 days}", "{on: [2027-01-01, soon]}", "I:when.on.1", "expected a date"),
    ("{joined: 3 days}", "{on: []}", "I:when.on", "at least one date"),
    ("team: care", "team: car", "I:team", "did you mean 'care'?"),
    ("    team: care\n", "", "I:effort", "an effort needs the 'team'"),
    ("    effort: 1 hour\n", "", "I:team", "a team needs an 'effort'"),
    ("effort: 1 hour", "effort: 1", "I:effort", "an effort such as '1.5 hours', not 1"),
    (
        "effort: 1 hour",
        "effort: 1 hour\n    session: {size: 0, every: 1 day}",
        "I:session.size",
        "at least 1",
    ),
    (
        "effort: 1 hour",
        "effort: 1 hour\n    who: {segments: persons}",
        "I:who.segments",
        "no segment 'persons'",
    ),
    (
        "effort: 1 hour",
        "effort: 1 hour\n    who: {segments: [peple]}",
        "I:who.segments.0",
        "did you mean 'people'?",
    ),
    (
        "effort: 1 hour",
        "effort: 1 hour\n    who: {stage: [adopted]}",
        "I:who.stage.0",
        "did you mean 'adoption'?",
    ),
    (
        "effort: 1 hour",
        "effort: 1 hour\n    who: {risk: {at_least: 50%, at_most: 20%}}",
        "I:who.risk.at_least",
        "must not exceed",
    ),
    ("{turn_toward: 30%}", "{turn_towards: 30%}", "I:effects.0.turn_towards", "did you mean 'turn_toward'?"),
    ("{turn_toward: 30%}", "{turn_toward: 300%}", "I:effects.0.turn_toward", "at most 100%, not '300%'"),
    ("{turn_toward: 30%}", "{advance: 30%}", "I:effects.0.advance", "a percentage is not a length of time"),
    ("{turn_toward: 30%}", "{shorten: {strt: 30%}}", "I:effects.0.shorten.strt", "did you mean 'start'?"),
    ("{turn_toward: 30%}", "{shorten: {start: 130%}}", "I:effects.0.shorten.start", "at most 100%"),
    ("{turn_toward: 30%}", "{magnitude: 2}", "I:effects.0.magnitude", "with the keys factor, lasts"),
    (
        "{turn_toward: 30%}",
        "{magnitude: {factor: 2, lasts: 1 day, median_life: 1 day}}",
        "I:effects.0.magnitude.median_life",
        "not both",
    ),
    (
        "{turn_toward: 30%}",
        "{take_lift: {points: 1, milestones: [resul]}}",
        "I:effects.0.take_lift.milestones.0",
        "did you mean 'result'?",
    ),
    (
        "{turn_toward: 30%}",
        "{renewal_lift: {points: 1, milestones: [result]}}",
        "I:effects.0.renewal_lift.milestones",
        "unknown key",
    ),
    ("{turn_toward: 30%}", "{demonstrate_value: yes}", "I:effects.0.demonstrate_value", "a share such as"),
    ("name: Small", "name: S\nselling: objektives", "selling", "did you mean 'objectives'?"),
    (
        "name: Small",
        "name: S\nselling: {quota: {team: carr, per_month: 5, pushes: 1, take: 1%}}",
        "selling.quota.team",
        "did you mean 'care'?",
    ),
    ("name: Small", "name: S\nselling: {quotas: 1}", "selling.quotas", "did you mean 'quota'?"),
    (
        "name: Small",
        "name: S\nobjectives: {o: {measure: expension, within: 90 days, at_least: 1}}",
        "objectives.o.measure",
        "did you mean 'expansion'?",
    ),
    (
        "name: Small",
        "name: S\nobjectives: {o: {measure: nrr, within: 90 days, at_least: 95}}",
        "objectives.o.at_least",
        "for a percentage write '95%'",
    ),
    (
        "name: Small",
        "name: S\nobjectives: {o: {measure: arr, within: 90 days}}",
        "objectives.o",
        "expected a target",
    ),
    (
        "name: Small",
        "name: S\nobjectives: {o: {measure: arr, at_most: 1}}",
        "objectives.o",
        "either 'within' or 'by'",
    ),
    (
        "name: Small",
        "name: S\nobjectives: {o: {measure: arr, at_most: 1, by: 2030-01-01}}",
        "objectives.o.by",
        "within the horizon",
    ),
    (
        "name: Small",
        "name: S\nobjectives: {o: {measure: arr, at_most: 1, within: 2 years}}",
        "objectives.o.within",
        "longer than the horizon",
    ),
    (
        "name: Small",
        "name: S\nobjectives: {o: {measure: taken, milestone: resul, at_most: 1, within: 9 days}}",
        "objectives.o.milestone",
        "did you mean 'result'?",
    ),
    (
        "name: Small",
        "name: S\nknown: {segments.nrr: 5%}",
        "known.segments.nrr",
        "expected 'segments.<segment>.<measure>'",
    ),
    (
        "name: Small",
        "name: S\nknown: {segments.peple.nrr: 5%}",
        "known.segments.peple.nrr",
        "did you mean 'people'?",
    ),
    (
        "name: Small",
        "name: S\nknown: {segments.people.nr: 5%}",
        "known.segments.people.nr",
        "did you mean 'nrr'?",
    ),
    (
        "name: Small",
        "name: S\nknown: {segments.people.journey.result.with.trainin.reached_90: 50%}",
        "known.segments.people.journey.result.with.trainin.reached_90",
        "there is no intervention 'trainin'",
    ),
    (
        "name: Small",
        "name: S\nknown: {segments.people.journey.result.with.training.nrr: 50%}",
        "known.segments.people.journey.result.with.training.nrr",
        "with.<intervention>.reached_<days>",
    ),
    (
        "name: Small",
        "name: S\nknown: {segments.people.nrr: {between: [90%, 80%]}}",
        "known.segments.people.nrr.between",
        "must not exceed",
    ),
    (
        "name: Small",
        "name: S\nknown: {segments.people.renewal_year_1: 150%}",
        "known.segments.people.renewal_year_1",
        "must be at most 100%",
    ),
    (
        "name: Small",
        "name: S\nknown: {segments.people.nrr: {value: -5%}}",
        "known.segments.people.nrr.value",
        "must be at least 0%",
    ),
    (
        "name: Small",
        "name: S\nknown: {first_value_90: 50%}",
        "known.first_value_90",
        "is known of a segment",
    ),
    (
        "name: Small",
        "name: S\nknown: {segments.people.reached_90: 50%}",
        "known.segments.people.reached_90",
        "is known of a milestone",
    ),
    (
        "name: Small",
        "name: S\nknown: {segments.people.first_value_30: 60%, segments.people.first_value_90: 30%}",
        "known.segments.people.first_value_90",
        "contradicts 'segments.people.first_value_30': 0.6 or more within 30 days",
    ),
    (
        "probability: 80%",
        "probability: {value: 80%, evidence: published?}",
        "S:renewal.probability.evidence",
        "did you mean 'published'?",
    ),
    ("probability: 80%", "probability: {value: 80%, sorce: x}", "S:renewal.probability", "value"),
    (
        "probability: 80%",
        "probability: {value: 80%, review_by: soon}",
        "S:renewal.probability.review_by",
        "expected a date",
    ),
]


@pytest.mark.parametrize(("old", "new", "path", "said"), CASES, ids=[f"{c[2]}-{i}" for i, c in enumerate(CASES)])
def test_one_wrong_thing_is_one_clear_error(write: Write, small: str, old: str, new: str, path: str, said: str) -> None:
    path = path.replace("S:", "segments.people.").replace("I:", "interventions.welcome.")
    assert small.count(old) >= 1
    file = write(small.replace(old, new, 1))
    with pytest.raises(ScenarioError) as caught:
        load(file)
    (problem,) = caught.value.problems
    assert said in problem.message
    assert problem.path == path
    assert problem.file == str(file) and problem.line is not None and problem.column is not None
    # The place is that of the wrong text: the line of the last step of the path (or of what lacks it).
    line = file.read_text().splitlines()[problem.line - 1]
    last = path.split(".")[-1]
    assert "missing" in said or last.isdigit() or re.search(re.escape(last), line), line


def test_all_errors_of_a_file_come_in_one_pass(write: Write, small: str) -> None:
    text = small
    for old, new in [
        ("2027-01-01", "someday"), ("arr: 100", "arr: -1"), ("3 per month", "3 per moth"), ("60%", "60"),
        ("stage: adoption", "stage: growth"), ("people: 2", "people: 0"), ("team: care", "team: core"),
        ("30%", "30 deg"), ("probability", "probabilty"), ("{joined", "{joind"),
    ]:  # fmt: skip
        text = text.replace(old, new, 1)
    text += "assumptions: {segments.people.arrivals.per_moth: {uniform: {low: 1, high: 2}}}\nselling: none\n"
    with pytest.raises(ScenarioError) as caught:
        load(write(text))
    found = [(problem.line, problem.path) for problem in caught.value.problems]
    assert found == [
        (2, "start"),
        (7, "segments.people.arr"),
        (11, "segments.people.vector.interactions"),
        (15, "segments.people.journey.result.stage"),
        (15, "segments.people.journey.result.opportunity.take"),
        (16, "segments.people.renewal.probabilty"),
        (21, "interventions.welcome.when.joind"),
        (22, "interventions.welcome.team"),
        (25, "interventions.welcome.effects.0.turn_toward"),
        (26, "assumptions.segments.people.arrivals.per_moth"),
        (27, "selling"),
    ]
    assert str(caught.value).count("\n") == len(found) - 1


def test_a_problem_is_one_line() -> None:
    assert str(Problem("a.yaml", 3, 7, "x.y", "wrong")) == "a.yaml:3:7: x.y: wrong"
    assert str(Problem("a.yaml", None, None, "", "no such file")) == "a.yaml: no such file"


def test_an_opportunity_that_is_not_there_is_never_taken(write: Write, small: str) -> None:
    scenario = load(write(small.replace("{joined: 3 days}", "{taken: start}")))
    assert scenario.warnings == ("interventions.welcome.when.taken: start opens no opportunity; it never happens",)
    assert load(write(small.replace("{joined: 3 days}", "{taken: result}"))).warnings == ()


def test_zero_price_response_is_a_warning(write: Write, small: str) -> None:
    price = "80%}\n    price: {uplift: 3% per year}"
    assert "nobody responds" in load(write(small.replace("80%}", price))).warnings[0]
    response = price.replace("year}", "year, response: {renewal: -0.3}}")
    assert load(write(small.replace("80%}", response))).warnings == ()
