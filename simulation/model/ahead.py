"""The draws of a member's coming interactions, eight at a time.

Draws are addressed by the number of the interaction, so those to come can be drawn before they are wanted, and eight
are drawn together in vector instructions: measured, eight cost little more than one. Who is wanted next is always
looked up; the numbers are the same whoever draws them and when.
"""

from __future__ import annotations

import numpy as np

from simulation.model.jit import compiled
from simulation.model.random import uniform_times_and_two
from simulation.model.special import log_of_draw, ndtri_of_draw
from simulation.model.state import AHEAD, P_INTERACTION, Key, World
from simulation.model.tables import number_from


@compiled
def draw_ahead(w: World, key: Key, first: int) -> None:
    """Draw for a member's interactions from number `first` on: log of the gap's uniform, and two normal draws."""
    w.ahead_key = key
    w.ahead_first = first
    w.ahead_left = AHEAD
    address = w.at_ahead
    seed = w.seed
    replication = w.replication
    for n in range(AHEAD):
        u, a, b = uniform_times_and_two(seed, replication, key, P_INTERACTION, np.uint32(first + n))
        number_from(address, n).x = log_of_draw(u)
        number_from(address, n + AHEAD).x = ndtri_of_draw(a)
        number_from(address, n + 2 * AHEAD).x = ndtri_of_draw(b)
