"""A small club: every control of the page has something to turn, and two hundred futures take seconds."""

from __future__ import annotations

from pathlib import Path

CLUB = """\
name: The club
start: 2027-01-01
horizon: 12 months
currency: EUR
segments:
  players:
    desired_outcome: {required: To play well}
    arr: 200
    arrivals: {per_month: ARRIVALS}
    population: {members: 60}
    vector:
      direction: {typical: 30 deg, spread: 30 deg, memory: 4 months}
      interactions: 2 per month
    journey:
      first_match: {stage: adoption, after: 2 months}
      first_prize:
        stage: value
        after: 3 months
        opportunity: {kind: upsell, arr: 50, take: 40%, window: 60 days}
    renewal: {probability: 80%, not_adopted: 1.0}
    price: {uplift: 2% per year, response: {renewal: -0.3}}
teams:
  coaches: {people: 2, hours_per_month: 100, cost_per_month: 3000}
interventions:
  coaching:
    when: {joined: 5 days}
    team: coaches
    effort: {median: 45 minutes, spread: 0.3}
    accept: 60%
    effects: [{turn_toward: 40%}]
  newsletter:
    when: {every: 30 days}
    effects: [{magnitude: {factor: 1.1, lasts: 10 days}}]
    cost: {per_month: 50}
assumptions:
  interventions.coaching.accept:
    triangular: {low: 50%, likely: 60%, high: 70%}
    source: the coaches
    evidence: prior
    owner: head coach
objectives:
  many: {measure: members, by: 2028-01-01, at_least: 100}
"""
OVERLAY = "extends: club.yaml\nname: The club with more coaches\nteams: {coaches: {people: 4}}\n"
FANS = """\
extends: club.yaml
name: The club and its fans
segments:
  fans:
    desired_outcome: {required: To watch}
    arr: 50
    arrivals: {per_month: 5}
    journey:
      seat: {stage: adoption, after: 1 month}
    renewal: {probability: 70%}
"""
BROKEN = "name: Broken plan\nstart: 2027-01-01\nhorizont: 12 months\nsegments: {}\n"


def write_club(folder: Path) -> Path:
    """Write the club, an overlay of it, a club that takes long, and a broken file; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "club.yaml").write_text(CLUB.replace("ARRIVALS", "10"))
    (folder / "more_coaches.yaml").write_text(OVERLAY)
    (folder / "city.yaml").write_text(CLUB.replace("ARRIVALS", "3000").replace("The club", "The city"))
    (folder / "broken.yaml").write_text(BROKEN)
    (folder / "columns.yaml").write_text("columns: {member_id: account}\n")
    return folder
