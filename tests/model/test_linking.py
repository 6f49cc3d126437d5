"""Code compiled as parts of a whole: the same results, also for code that is not ours, and nothing left behind."""

from __future__ import annotations

import numba
import numpy as np
from numba.core.registry import cpu_target

from simulation.model.jit import compiled, inlined
from simulation.model.linking import Part, _called_by, as_kind


@inlined
def twice(x: float) -> float:
    return 2.0 * x


@compiled
def low(x: float) -> float:
    return max(0.0, twice(x)) + 1.0


@compiled
def high(x: float) -> float:
    return low(x) * low(-x) + min(x, 3.0)


def test_a_call_tree_from_python_and_from_compiled_code() -> None:
    assert (twice(4.0), low(4.0), high(4.0)) == (8.0, 9.0, 12.0)
    assert high(np.float32(4.0)) == 12.0


def test_foreign_code_may_call_ours_and_compile_after_it() -> None:
    """Numba's own libraries take a part with all that it calls; what Numba compiled for us serves others too."""
    assert high(1.0) == 4.0

    @numba.njit
    def foreign(x: float) -> float:
        return high(x) + max(x, 0.5)

    @numba.njit
    def unrelated(x: float, values: np.ndarray) -> float:
        return min(x, 3.0) + values.sum()

    assert foreign(4.0) == 16.0
    assert unrelated(4.0, np.ones(3)) == 6.0


def test_a_part_is_linked_once_and_the_kind_is_put_back() -> None:
    codegen = cpu_target.target_context.codegen()
    before = codegen._library_class
    with as_kind(codegen, Part):
        a, b, c = (codegen.create_library(name) for name in "abc")
    assert codegen._library_class is before
    for one in (c, b, a):
        one.finalize()
    a._linking_libraries = [b, c]
    b._linking_libraries = [c]
    assert _called_by([a]) == [a, b, c]
