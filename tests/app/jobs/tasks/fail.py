"""Fails in the way that it is asked to."""

import os

from simulation.scenario import Problem, ScenarioError


def work(request, tell):
    match request["how"]:
        case "bad input":
            raise ValueError("the horizon is too short")
        case "problems":
            raise ScenarioError([Problem("plan.yaml", 3, 1, "horizon", "expected a length of time")])
        case "fault":
            raise KeyError("nobody expected this")
    os._exit(9)
