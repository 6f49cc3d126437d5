"""The axes of the ledger are the same at every assumption point."""

from __future__ import annotations

import numpy as np

from simulation.engine.replicate import run_replications
from simulation.scenario import from_mapping
from tests.busy import changed


def test_interventions_keep_their_places_when_their_priority_is_assumed() -> None:
    """A future with a priority drawn is the future with that priority written down, place by place."""
    mapping = changed(assumptions={"interventions.tips.priority": {"empirical": [1, 50, 400]}})
    varied = run_replications(from_mapping(mapping), replications=12, seed=3, workers=1)
    drawn = varied.assumption_values["interventions.tips.priority"]
    assert set(drawn) == {1.0, 50.0, 400.0}
    for priority in (1, 50, 400):
        mapping = changed()
        mapping["interventions"]["tips"]["priority"] = priority
        own = [number for number, one in zip(varied.replications, drawn, strict=True) if one == priority]
        alone = run_replications(from_mapping(mapping), replications=own, seed=3, workers=1)
        assert alone.frame.interventions == varied.frame.interventions
        np.testing.assert_array_equal(varied.ledger.interventions[own], alone.ledger.interventions)
