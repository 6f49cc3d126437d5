"""The facts of a real scenario file."""

from simulation.forecast.facts import ScenarioFacts
from simulation.scenario import load

TEXT = """
name: Facts
currency: EUR
start: 2027-01-01
horizon: 24 months
segments:
  individual:
    desired_outcome: {required: Certified}
    arr: 320
    vector: {direction: {typical: 60 deg}}
    journey:
      first_value: {stage: adoption, after: 2 months}
      certified:
        stage: value
        after: 4 months
        opportunity:
          {kind: add_on, arr: 120, take: {value: 60%, source: pilot, evidence: own}, window: 60 days}
    renewal: {probability: 93%}
teams:
  success: {people: 4, hours_per_month: 120}
interventions:
  call: {when: {joined: 3 days}, team: success, effort: 1 hour, effects: [{turn_toward: 30%}]}
  mail: {when: {joined: 3 days}, effects: [{turn_toward: 10%}]}
assumptions:
  segments.individual.renewal.probability:
    {triangular: {low: 90%, likely: 93%, high: 95%}, source: experts, evidence: prior, review_by: 2027-06-01}
known:
  segments.individual.first_year_renewal: {between: [62%, 68%], source: benchmark}
  segments.individual.time_to_first_value: 2 months
objectives:
  returned: {measure: returned, by: 2027-04-01, at_least: 100.50}
  first: {measure: first_year_renewal, within: 1 year, at_least: 65%}
"""


def test_facts_are_read_in_the_units_of_the_forecast(tmp_path):
    path = tmp_path / "facts.yaml"
    path.write_text(TEXT)
    scenario = load(path)
    facts = ScenarioFacts.of(scenario)
    assert facts.team_of == {"call": "success", "mail": None}
    assert facts.digest == scenario.digest()
    objectives = {one["name"]: one for one in facts.objectives}
    assert (objectives["returned"]["measure"], objectives["returned"]["day"]) == ("returned_arr", 90)
    assert objectives["returned"]["at_least"] == 100.5
    assert objectives["first"]["measure"] == "first_renewal_rate"
    assert (objectives["first"]["at_least"], objectives["first"]["day"]) == (0.65, 365)
    assumption = facts.assumptions[0]
    assert assumption["distribution"] == "triangular: {low: 90%, likely: 93%, high: 95%}"
    assert (assumption["source"], assumption["review_by"]) == ("experts", "2027-06-01")
    stated = [(one.quantity, one.value, one.low, one.source) for one in facts.stated]
    assert stated == [
        ("Renewal rate", 0.93, None, ""),
        ("Take rate: certified", 0.6, None, "pilot"),
        ("Time to first value", 2.0, None, ""),
        ("First renewal rate", None, 0.62, "benchmark"),
        ("Time to first value", 2.0, 2.0, ""),
    ]
    assert "50% of that progress" in facts.stated[2].note
    assert ScenarioFacts.from_json(facts.to_json()) == facts


def test_the_yaml_text_loads_to_the_same_scenario(tmp_path):
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text(TEXT)
    scenario = load(first)
    second.write_text(ScenarioFacts.of(scenario).yaml)
    assert load(second).digest() == scenario.digest()
