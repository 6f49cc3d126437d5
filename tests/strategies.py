"""Hypothesis strategies shared by the tests: small valid scenarios with every mechanism, in the form of YAML.

`scenarios()` gives plain dictionaries for `simulation.scenario.from_mapping`. They hold 3 to 40 members at
the start, 1 to 3 segments and 3 to 18 months; rates are high and terms short, so that much happens to few
members.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st

Yaml = dict[str, Any]
SEGMENTS = ("alpha", "beta", "gamma")
TEAMS = ("care", "experts")


# ---- numbers


@cache
def numbers(low: float, high: float, places: int = 1) -> st.SearchStrategy[float]:
    """Decimal numbers that shrink to short ones."""
    scale = 10**places
    return st.integers(round(low * scale), round(high * scale)).map(lambda n: n / scale)


@cache
def quantities(low: float, high: float, unit: str, places: int = 0) -> st.SearchStrategy[str]:
    """Text with a unit."""
    return numbers(low, high, places).map(lambda n: f"{n:g} {unit}")


@cache
def shares(low: int = 0, high: int = 100) -> st.SearchStrategy[Any]:
    """Percentages, sometimes with their provenance."""
    percent = st.integers(low, high).map(lambda n: f"{n}%")
    return st.one_of(percent, percent, percent, sourced(percent))


@cache
def sourced(value: st.SearchStrategy[Any]) -> st.SearchStrategy[Yaml]:
    """A number with its provenance."""
    evidence = st.sampled_from(["own", "published", "prior"])
    return st.fixed_dictionaries({"value": value, "source": st.just("test")}, optional={"evidence": evidence})


@cache
def amounts(low: float, high: float, unit: str = "", places: int = 0) -> st.SearchStrategy[Any]:
    """Distributions of positive quantities of every kind of family; without a unit, of money or numbers."""

    def write(n: float) -> Any:
        return f"{n:g} {unit}" if unit else n

    one = numbers(low, high, places).map(write)
    three = st.lists(numbers(low, high, places), min_size=3, max_size=3).map(sorted)
    spread = numbers(0, 1)
    return st.one_of(
        one,
        one,
        sourced(one),
        st.builds(lambda m, s: {"median": m, "spread": s}, one, spread),
        st.builds(lambda m, s: {"lognormal": {"median": m, "spread": s}}, one, spread),
        st.builds(lambda m: {"exponential": {"mean": m}}, one),
        three.map(lambda x: {"triangular": {k: write(v) for k, v in zip(("low", "likely", "high"), x, strict=True)}}),
        three.map(lambda x: {"uniform": {"low": write(x[0]), "high": write(x[2])}}),
        st.builds(lambda a, m: {"gamma": {"a": a, "scale": m}}, st.sampled_from([1, 2.5]), one),
        three.map(lambda x: {"empirical": [write(v) for v in x]}),
        three.map(lambda x: {"empirical": {"values": [write(v) for v in x], "weights": [1, 2, 3]}}),
    )


@cache
def random_shares(low: int = 0, high: int = 100) -> st.SearchStrategy[Any]:
    """Distributions within 0..100%."""
    two = st.lists(st.integers(low, high), min_size=2, max_size=2).map(sorted)
    options: list[st.SearchStrategy[Any]] = [
        shares(low, high),
        two.map(lambda x: {"uniform": {"low": f"{x[0]}%", "high": f"{x[1]}%"}}),
        two.map(lambda x: {"empirical": [f"{x[0]}%", f"{x[1]}%"]}),
    ]
    if (low, high) == (0, 100):
        options.append(st.builds(lambda a, b: {"beta": {"a": a, "b": b}}, numbers(1, 9), numbers(1, 9)))
    return st.one_of(options)


@cache
def signed(low: float, high: float, percent: bool = False) -> st.SearchStrategy[Any]:
    """Distributions that may be negative: lifts and turns."""

    def write(n: float) -> Any:
        return f"{n * 100:g}%" if percent else n

    one = numbers(low, high)
    return st.one_of(one.map(write), st.builds(lambda m: {"mean": write(m), "sd": write(0.2)}, one))


# ---- a segment


@st.composite
def journeys(draw: st.DrawFn) -> Yaml:
    """Zero to six milestones, stages in order, some with an opportunity."""
    journey: Yaml = {}
    for stage, most in (("adoption", 2), ("value", 2), ("growth", 2)):
        for number in range(draw(st.integers(0, most))):
            milestone: Yaml = {"stage": stage, "after": draw(quantities(0.2, 3, "months", 1))}
            if draw(st.booleans()):
                milestone["spread"] = draw(numbers(0, 0.8))
            if stage != "adoption" and draw(st.booleans()):
                milestone["self_evident"] = draw(shares())
            if draw(st.booleans()):
                milestone["opportunity"] = draw(opportunities())
            journey[f"{stage}_{number + 1}"] = milestone
    return journey


@cache
def opportunities() -> st.SearchStrategy[Yaml]:
    """The expansion of a milestone."""
    return st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["upsell", "cross_sell", "add_on", "seats"]),
            "arr": amounts(10, 5000),
            "take": shares(),
            "window": quantities(1, 90, "days"),
        },
        optional={"sensitivity": numbers(-1, 3)},
    )


@cache
def vectors() -> st.SearchStrategy[Yaml]:
    """Success vectors that move often."""
    direction = st.fixed_dictionaries(
        {},
        optional={
            "typical": quantities(-90, 90, "deg"),
            "spread": quantities(0, 80, "deg"),
            "memory": quantities(1, 9, "months"),
        },
    )
    magnitude = st.fixed_dictionaries(
        {},
        optional={"typical": numbers(0.2, 3), "spread": numbers(0, 1), "memory": quantities(1, 9, "months")},
    )
    shifts = st.fixed_dictionaries({"rate": quantities(0, 6, "per year"), "turn": quantities(0, 90, "deg")})
    return st.fixed_dictionaries(
        {"interactions": quantities(0, 6, "per month")},
        optional={"direction": direction, "magnitude": magnitude, "outcome_shifts": shifts},
    )


@cache
def renewals() -> st.SearchStrategy[Yaml]:
    """Renewal decisions with every term of the logit."""
    contraction = st.fixed_dictionaries(
        {"probability": shares(), "share": random_shares()}, optional={"sensitivity": numbers(-1, 2)}
    )
    grace = st.fixed_dictionaries({"length": quantities(1, 60, "days"), "recovery": shares()})
    return st.fixed_dictionaries(
        {"probability": random_shares()},
        optional={
            "not_adopted": numbers(0, 2),
            "no_value": numbers(0, 2),
            "escalation": numbers(0, 2),
            "sensitivity": numbers(-1, 2),
            "grace": grace,
            "contraction": contraction,
        },
    )


@st.composite
def prices(draw: st.DrawFn) -> Yaml:
    """Uplift, dated changes, responses."""
    price: Yaml = {}
    if draw(st.booleans()):
        price["uplift"] = draw(st.integers(-5, 10).map(lambda n: f"{n}% per year"))
    months = draw(st.lists(st.integers(1, 12), max_size=3, unique=True).map(sorted))
    if months:
        price["changes"] = [
            {
                "date": f"2027-{month:02d}-{draw(st.sampled_from([1, 15, 28])):02d}",
                "change": draw(st.integers(-30, 40).map(lambda n: f"{n}%")),
                "grandfather": draw(st.booleans()),
            }
            for month in months
        ]
    if draw(st.booleans()):
        price["response"] = {
            "renewal": draw(numbers(-1, 1)),
            "joining": draw(st.integers(-50, 50).map(lambda n: f"{n}%")),
            "contraction": draw(numbers(-1, 1)),
        }
    return price


@st.composite
def segments(draw: st.DrawFn, names: tuple[str, ...], members: int) -> Yaml:
    """One segment; `names` are the segments that its advocates may refer to."""
    experience = st.fixed_dictionaries(
        {}, optional={"patience": quantities(1, 20, "days"), "turn": quantities(0, 60, "deg")}
    )
    arrivals = st.fixed_dictionaries(
        {"per_month": numbers(0, 3)},
        optional={
            "growth": st.integers(-50, 50).map(lambda n: f"{n}% per year"),
            "season": st.dictionaries(st.sampled_from(["January", "June", "July"]), numbers(0, 2), max_size=3),
        },
    )
    segment: Yaml = {
        "desired_outcome": {"required": "works", "experience": draw(experience)},
        "arr": draw(amounts(100, 9000, places=2)),
        "term": f"{draw(st.sampled_from([1, 2, 3, 6, 12]))} months",
        "arrivals": draw(arrivals),
        "population": {"members": members},
        "vector": draw(vectors()),
        "journey": draw(journeys()),
        "renewal": draw(renewals()),
    }
    if draw(st.booleans()):
        segment["population"]["tenure"] = draw(amounts(1, 24, "months"))
    growth = any(name.startswith("growth") for name in segment["journey"])
    if growth:
        segment["cycle"] = draw(st.booleans())
    rate = quantities(0, 8, "per year")
    optional: dict[str, st.SearchStrategy[Any]] = {
        "observed": st.fixed_dictionaries(
            {}, optional={"direction_noise": quantities(0, 40, "deg"), "usage_noise": numbers(0, 0.5)}
        ),
        "setbacks": st.fixed_dictionaries(
            {
                "rate": rate,
                "resolves_itself": quantities(1, 90, "days"),
                "escalates_after": quantities(1, 60, "days"),
                "turn": quantities(0, 120, "deg"),
            }
        ),
        "mid_term_churn": st.fixed_dictionaries(
            {"rate": amounts(0.1, 2, "per year", 1)}, optional={"sensitivity": numbers(-1, 2)}
        ),
        "win_back": st.fixed_dictionaries(
            {"rate": amounts(0.1, 6, "per year", 1)},
            optional={"within": quantities(1, 12, "months"), "arr": shares(1)},
        ),
        "price": prices(),
        "advocacy": st.fixed_dictionaries(
            {"rate": rate, "converts": shares()},
            optional={
                "velocity": numbers(0, 1),
                "needs_value": st.booleans(),
                "segment": st.sampled_from(names),
                "delay": quantities(0, 60, "days"),
            },
        ),
    }
    for key, strategy in optional.items():
        if draw(st.booleans()):
            segment[key] = draw(strategy)
    return segment


# ---- what the organisation does


@st.composite
def teams(draw: st.DrawFn) -> Yaml:
    """A small team, often too small."""
    people = draw(st.integers(1, 3))
    team: Yaml = {"people": people, "hours_per_month": draw(st.integers(5, 120))}
    if draw(st.booleans()):
        team["available_share"] = draw(shares(20))
    if draw(st.booleans()):
        team["cost_per_month"] = draw(numbers(0, 9000, 2))
    if draw(st.booleans()):
        team["order"] = draw(st.sampled_from(["first_come", "revenue", "risk"]))
    if draw(st.booleans()):
        hire: Yaml = {
            "date": draw(st.sampled_from(["2027-02-15", "2027-03-01"])),
            "people": draw(st.integers(1, 2)),
        }
        if draw(st.booleans()):
            hire["lead_time"] = draw(quantities(0, 60, "days"))
        if draw(st.booleans()):
            hire["ramp"] = {"from": draw(shares(10)), "over": draw(quantities(1, 6, "months"))}
        team["hires"] = [hire]
    if people > 1 and draw(st.booleans()):
        team["leavers"] = [{"date": "2027-03-10", "people": draw(st.integers(1, people - 1))}]
    return team


@st.composite
def triggers(draw: st.DrawFn, milestones: tuple[str, ...]) -> Yaml:
    """Any of the ten triggers."""
    delay = quantities(0, 40, "days")
    options: dict[str, st.SearchStrategy[Any]] = {
        "joined": delay,
        "off_course": quantities(0, 120, "deg"),
        "setback": delay,
        "escalation": delay,
        "renewal_due": quantities(0, 60, "days"),
        "every": quantities(5, 90, "days"),
        "on": st.one_of(
            st.just("2027-02-01"),
            st.lists(
                st.sampled_from(["2027-01-01", "2027-02-14", "2027-03-01"]),
                min_size=1,
                max_size=3,
                unique=True,
            ),
        ),
    }
    if milestones:
        options["reached"] = options["taken"] = st.sampled_from(milestones)
        options["approaching"] = st.fixed_dictionaries(
            {"milestone": st.sampled_from(milestones), "within": quantities(0.1, 2, "months", 1)}
        )
    trigger = draw(st.sampled_from(sorted(options)))
    return {trigger: draw(options[trigger])}


@cache
def effects(milestones: tuple[str, ...]) -> st.SearchStrategy[Yaml]:
    """Any of the eight effects."""
    chance = st.one_of(st.just(True), random_shares())
    life = quantities(1, 120, "days")
    factor = {"factor": amounts(0.5, 2, places=1)}
    magnitude = st.one_of(
        st.fixed_dictionaries(factor, optional={"lasts": life}),
        st.fixed_dictionaries(factor, optional={"median_life": life}),
    )
    lift = st.one_of(signed(-1, 2), st.fixed_dictionaries({"points": signed(-1, 2)}, optional={"half_life": life}))
    options = {
        "turn_toward": signed(-0.5, 1, percent=True),
        "magnitude": magnitude,
        "advance": amounts(0.1, 3, "months", 1),
        "demonstrate_value": chance,
        "resolve_setback": chance,
        "renewal_lift": lift,
        "take_lift": lift,
    }
    if milestones:
        options["shorten"] = st.dictionaries(st.sampled_from(milestones), random_shares(), min_size=1, max_size=1)
        some = st.lists(st.sampled_from(milestones), min_size=1, max_size=2, unique=True)
        options["take_lift"] = st.one_of(lift, st.fixed_dictionaries({"points": signed(-1, 2), "milestones": some}))
    return st.one_of([form.map(lambda value, key=key: {key: value}) for key, form in options.items()])


@cache
def audiences(names: tuple[str, ...]) -> st.SearchStrategy[Yaml]:
    """Any conditions."""
    stage = st.sampled_from(["adoption", "value", "growth", "complete"])
    low_high = {"at_least": shares(0, 40), "at_most": shares(60, 100)}
    return st.fixed_dictionaries(
        {},
        optional={
            "segments": st.one_of(st.sampled_from(names), st.lists(st.sampled_from(names), min_size=1, unique=True)),
            "stage": st.one_of(stage, st.lists(stage, min_size=1, max_size=3, unique=True)),
            "off_course": quantities(0, 60, "deg"),
            "on_course": quantities(60, 180, "deg"),
            "usage": st.fixed_dictionaries({}, optional={"at_least": numbers(0, 0.9), "at_most": numbers(1, 3)}),
            "arr": st.fixed_dictionaries({}, optional={"at_least": numbers(0, 900), "at_most": numbers(900, 9000)}),
            "tenure": st.fixed_dictionaries(
                {}, optional={"at_least": quantities(0, 60, "days"), "at_most": quantities(60, 900, "days")}
            ),
            "risk": st.fixed_dictionaries({}, optional=low_high),
            "value_recognised": st.booleans(),
            "cooldown": quantities(0, 90, "days"),
            "coverage": shares(),
        },
    )


@st.composite
def interventions(draw: st.DrawFn, scenario: Yaml) -> Yaml:
    """Any trigger, audience, delivery and effects."""
    names = tuple(scenario["segments"])
    who = draw(audiences(names))
    chosen = who.get("segments", names)
    chosen = (chosen,) if isinstance(chosen, str) else chosen
    milestones = tuple(dict.fromkeys(m for name in chosen for m in scenario["segments"][name]["journey"]))
    intervention: Yaml = {"when": draw(triggers(milestones))}
    if "off_course" in intervention["when"]:
        who["cooldown"] = draw(quantities(1, 60, "days"))
    if who:
        intervention["who"] = who
    if scenario.get("teams") and draw(st.booleans()):
        intervention["team"] = draw(st.sampled_from(sorted(scenario["teams"])))
        intervention["effort"] = draw(amounts(0.5, 20, "hours", 1))
    if draw(st.booleans()) and draw(st.booleans()):
        intervention["session"] = {"size": draw(st.integers(1, 8)), "every": draw(quantities(3, 40, "days"))}
        if draw(st.booleans()):
            intervention["session"]["first"] = draw(quantities(0, 40, "days"))
    optional: dict[str, st.SearchStrategy[Any]] = {
        "accept": shares(),
        "priority": st.integers(1, 3),
        "effects": st.lists(effects(milestones), max_size=3),
        "cost": st.fixed_dictionaries(
            {}, optional={key: numbers(0, 500, 2) for key in ("per_delivery", "per_month", "one_off")}
        ),
        "price": st.fixed_dictionaries({}, optional={key: numbers(0, 500, 2) for key in ("fee", "recurring")}),
    }
    for key, strategy in optional.items():
        if draw(st.booleans()):
            intervention[key] = draw(strategy)
    return intervention


def _has_opportunity(scenario: Yaml, name: str) -> bool:
    return any("opportunity" in milestone for milestone in scenario["segments"][name]["journey"].values())


# ---- a scenario


@st.composite
def scenarios(draw: st.DrawFn, *, assumptions: bool = True) -> Yaml:
    """A small valid scenario as a plain dictionary in the form of the YAML file.

    Parameters
    ----------
    assumptions : bool, optional
        Whether numbers may be uncertain.
    """
    names = SEGMENTS[: draw(st.integers(1, 3))]
    scenario: Yaml = {
        "name": "generated",
        "start": draw(st.sampled_from(["2027-01-01", "2027-01-31", "2026-12-15"])),
        "horizon": f"{draw(st.integers(3, 18))} months",
        "segments": {name: draw(segments(names, draw(st.integers(3, 13)))) for name in names},
    }
    if draw(st.booleans()):
        scenario["periods"] = draw(st.sampled_from(["month", "quarter", "week"]))
    if draw(st.booleans()):
        scenario["fiscal_year_starts"] = draw(st.sampled_from(["January", "April", "July"]))
    if draw(st.booleans()):
        scenario["teams"] = {name: draw(teams()) for name in TEAMS[: draw(st.integers(1, 2))]}
    count = draw(st.integers(0, 5))
    if count:
        scenario["interventions"] = {f"act_{n + 1}": draw(interventions(scenario)) for n in range(count)}
    sellable = [name for name in names if _has_opportunity(scenario, name)]
    if sellable and scenario.get("teams") and draw(st.booleans()):
        quota: Yaml = {
            "team": draw(st.sampled_from(sorted(scenario["teams"]))),
            "per_month": draw(numbers(0, 9000, 2)),
            "pushes": draw(st.integers(1, 4)),
            "take": draw(shares()),
            "turn": draw(quantities(0, 60, "deg")),
        }
        if draw(st.booleans()):
            quota["segments"] = draw(st.lists(st.sampled_from(sellable), min_size=1, unique=True))
        scenario["selling"] = {"quota": quota}
    if assumptions and draw(st.booleans()):
        scenario["assumptions"] = {
            f"segments.{names[0]}.arrivals.per_month": {"uniform": {"low": 0, "high": draw(numbers(0, 3))}},
            f"segments.{names[0]}.renewal.sensitivity": {
                "normal": {"mean": 1, "sd": 0.2},
                "evidence": "prior",
            },
        }
    if draw(st.booleans()):
        scenario["objectives"] = {"some": {"measure": "expansion", "within": "60 days", "at_least": 100}}
    return scenario
