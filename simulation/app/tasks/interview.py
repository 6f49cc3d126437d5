"""The interview: what planners know is written down, and the numbers that reproduce it are found."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulation.app.jobs.job import Picture, Tell

if TYPE_CHECKING:
    from simulation.evidence.calibrate import Calibration, Fact
    from simulation.evidence.interview import Question
    from simulation.scenario import Scenario

__all__ = ["work"]


def work(request: Mapping[str, Any], tell: Tell) -> Picture:
    """Write the answers as an overlay beside the scenario, calibrate on them, and write what was found.

    Parameters
    ----------
    request
        scenario: its path; answers: by path, each with text, source, evidence and owner; seed.

    Returns
    -------
    dict
        headline; facts (question, stated, before, after, reproduced); found (path, before, value, range) and stays
        (paths of which next to nothing was learned); files; plan, the path of the calibrated overlay.

    Raises
    ------
    ScenarioError
        Every answer that cannot be read.
    """
    import simulation as sim
    from simulation.evidence.calibrate import calibrate
    from simulation.evidence.calibrate.told import write_calibration
    from simulation.evidence.interview import Answer, write_interview
    from simulation.runs import todays_members
    from simulation.scenario import ScenarioError

    base = Path(request["scenario"])
    answers = {path: Answer(**one) for path, one in request["answers"].items()}
    stem = base.stem.removesuffix("_interview")
    try:
        written = write_interview(free(base.with_name(f"{stem}_interview.yaml")), sim.load(base), answers)
    except ScenarioError as error:  # the question says where it is
        raise ScenarioError([replace(one, path="") if not one.file else one for one in error.problems]) from None
    plan = sim.load(written)
    try:
        found = calibrate(
            plan, book=todays_members(plan), seed=int(request.get("seed", 1)), workers=os.cpu_count() or 1,
            progress=tell.progress,
        )  # fmt: skip
    except BaseException as error:  # also when it is cancelled: answers that led nowhere leave no file
        written.unlink(missing_ok=True)
        if type(error) is ValueError:
            raise ValueError(by_question(str(error), plan)) from None
        raise
    goal = free(base.with_name(f"{stem}_calibrated.yaml"))
    files = [written, *write_calibration(found, goal)]
    return picture_of(found) | {"files": [one.name for one in files], "plan": str(goal)}


def by_question(message: str, plan: Scenario) -> str:
    """A message about something known, by the question that was answered instead of a path."""
    asked = {one.path: one.text for one in questions_of(plan)}
    path = next((one for one in sorted(asked, key=len, reverse=True) if f"known.{one}:" in message), "")
    if not path:
        return message
    if "nobody is counted" in message:
        return (
            f"“{asked[path]}” Within the time of this plan nobody gets there, so that nothing can be found that "
            "reproduces your answer. Leave it empty, or lengthen the plan."
        )
    return message.replace(f"known.{path}", f"“{asked[path]}”")


def questions_of(plan: Scenario) -> list[Question]:
    """The questions of the interview about a plan."""
    from simulation.evidence.interview import questions

    return questions(plan)


def free(path: Path) -> Path:
    """The first name that is not taken: with a number at its end where the plain one is."""
    number, goal = 2, path
    while goal.exists():
        goal, number = path.with_name(f"{path.stem}_{number}{path.suffix}"), number + 1
    return goal


def _comes_out(one: Fact) -> bool:
    """Whether a fact is reproduced, as far as the simulated futures can tell."""
    return one.misfit <= 2 * one.error


def picture_of(found: Calibration) -> dict[str, Any]:
    """What the page shows of a calibration."""
    from simulation.evidence.calibrate.told import in_words, number_of, range_of, stays

    asked = {one.path: one.text for one in questions_of(found.scenario)}
    good, facts = sum(_comes_out(one) for one in found.facts), len(found.facts)
    headline = f"The plan now reproduces {good} of the {facts} things that you know."
    if good == facts:
        headline = "The plan now reproduces everything that you know."
    return {
        "headline": headline,
        "facts": [
            {"text": asked.get(one.path, one.path), "stated": range_of(one), "before": number_of(one, one.before),
             "after": number_of(one, one.after), "error": number_of(one, 2 * one.error), "reproduced": _comes_out(one)}
            for one in found.facts
        ],
        "found": [
            {"path": one.unknown.path, "before": in_words(one.unknown.kind, one.before),
             "value": in_words(one.unknown.kind, one.value),
             "range": f"{in_words(one.unknown.kind, one.low)} to {in_words(one.unknown.kind, one.high)}"}
            for one in found.found if not one.stays_prior
        ],
        "stays": stays(found),
        "simulations": found.simulations,
    }  # fmt: skip
