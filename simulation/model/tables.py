"""The rows of a world's arrays, by index: `member_at(w, i)` is the record of member `i`, to read and to write.

A row is a typed pointer computed from the address that the world holds. Nothing is bound-checked and nothing counted,
so a function that reads two fields compiles to two loads. The arrays must outlive the world; `engine.world` owns both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from simulation.model import state
from simulation.model.jit import compiled, inlined
from simulation.model.state import Key, World


def pointer_to(dtype: np.dtype[np.void]) -> Callable[[Any, Any], Any]:
    """Make the intrinsic that turns (address, index) into a record of the dtype."""
    record = numba.from_dtype(dtype)
    size = dtype.itemsize

    @intrinsic
    def row(_context: Any, _address: Any, _index: Any) -> Any:
        def codegen(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            address, index = arguments
            first = builder.inttoptr(address, ir.IntType(8).as_pointer())
            row = builder.gep(first, [builder.mul(index, index.type(size))])
            return builder.bitcast(row, context.get_value_type(record))

        return record(types.uint64, types.int64), codegen

    return cast("Callable[[Any, Any], Any]", row)


_world = pointer_to(state.WORLD)
_segment = pointer_to(state.SEGMENT)
_milestone = pointer_to(state.MILESTONE)
_intervention = pointer_to(state.INTERVENTION)
_effect = pointer_to(state.EFFECT)
_price = pointer_to(state.PRICE)
_team = pointer_to(state.TEAM)
_server = pointer_to(state.SERVER)
_quota = pointer_to(state.QUOTA_DAY)
_book = pointer_to(state.BOOK)
_distribution = pointer_to(state.DIST)
_number = pointer_to(state.NUMBER)
_count = pointer_to(state.COUNT)
_day = pointer_to(state.CELL)
_span = pointer_to(state.SPAN)
_member = pointer_to(state.MEMBER)
_slot = pointer_to(state.SLOT)
_opportunity = pointer_to(state.OPPORTUNITY)
_modifier = pointer_to(state.MODIFIER)
_log = pointer_to(state.LOG)
_change = pointer_to(state.CHANGE)
_birth = pointer_to(state.BIRTH)
_ask = pointer_to(state.ASK)
_eve = pointer_to(state.EVE)
_tried = pointer_to(state.TRIED)


@intrinsic
def _call_act(
    _context: Any, _function: Any, _world: Any, _i: Any, _t: Any, _what: Any, _a: Any, _b: Any, _c: Any
) -> Any:
    """Call `rare.act` by its address: (function, world, member, time, what, three more) -> int."""
    number = types.int64
    given = (types.uint64, number, types.float64, number, number, number, number)

    def codegen(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        kinds = [context.get_value_type(one) for one in given]
        form = ir.FunctionType(ir.IntType(64), kinds)
        function = builder.inttoptr(arguments[0], form.as_pointer())
        return builder.call(function, arguments[1:])

    return number(types.uint64, *given), codegen


@intrinsic
def _prefetch(_context: Any, _address: Any) -> Any:
    """Ask for the cache line at an address, to be written soon."""

    def codegen(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        word = ir.IntType(32)
        pointer = ir.IntType(8).as_pointer()
        form = ir.FunctionType(ir.VoidType(), [pointer, word, word, word])
        fetch = builder.module.declare_intrinsic("llvm.prefetch", [pointer], form)
        builder.call(fetch, [builder.inttoptr(arguments[0], pointer), word(1), word(3), word(1)])
        return _context.get_dummy_value()

    return types.none(types.uint64), codegen


MEMBER_BYTES = state.MEMBER.itemsize
SLOT_BYTES = state.SLOT.itemsize
OPPORTUNITY_BYTES = state.OPPORTUNITY.itemsize
MODIFIER_BYTES = state.MODIFIER.itemsize
_ask_for: Callable[..., None] = _prefetch
call_act: Callable[..., int] = _call_act  # typed without the context that Numba fills in


@intrinsic
def _vector(_context: Any, _address: Any, _size: Any) -> Any:
    """Turn (address, length) into a float64 array that owns nothing."""
    array = types.Array(types.float64, 1, "C")

    def codegen(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        from numba.np import arrayobj

        address, size = arguments
        made = arrayobj.make_array(array)(context, builder)  # type: ignore[no-untyped-call]
        data = builder.inttoptr(address, made.data.type)
        itemsize = context.get_constant(types.intp, 8)
        arrayobj.populate_array(  # type: ignore[no-untyped-call]
            made, data=data, shape=[size], strides=[itemsize], itemsize=itemsize, meminfo=None
        )
        return made._getvalue()

    return array(types.uint64, types.int64), codegen


_array: Callable[..., Any] = _vector


@inlined
def world_at(address: int) -> Any:
    """Record of the world at an address."""
    return _world(np.uint64(address), np.int64(0))


@inlined
def segment_at(w: World, s: int) -> Any:
    """Row of segment `s`."""
    return _segment(w.at_segment, np.int64(s))


@inlined
def milestone_at(w: World, g: int) -> Any:
    """Row of milestone `g`, segment by segment."""
    return _milestone(w.at_milestone, np.int64(g))


@inlined
def intervention_at(w: World, k: int) -> Any:
    """Row of intervention `k`, in the order (priority, name)."""
    return _intervention(w.at_intervention, np.int64(k))


@inlined
def effect_at(w: World, e: int) -> Any:
    """Row of effect `e`."""
    return _effect(w.at_effect, np.int64(e))


@inlined
def price_at(w: World, p: int) -> Any:
    """Row of price change `p`."""
    return _price(w.at_price, np.int64(p))


@inlined
def team_at(w: World, team: int) -> Any:
    """Row of a team, in the order of names."""
    return _team(w.at_team, np.int64(team))


@inlined
def server_at(w: World, server: int) -> Any:
    """Row of a server."""
    return _server(w.at_server, np.int64(server))


@inlined
def quota_at(w: World, q: int) -> Any:
    """Row of quota day `q`."""
    return _quota(w.at_quota, np.int64(q))


@inlined
def book_at(w: World, b: int) -> Any:
    """Row of row `b` of the book."""
    return _book(w.at_book, np.int64(b))


@inlined
def distribution_at(w: World, n: int) -> Any:
    """Row of distribution `n`."""
    return _distribution(w.at_distribution, np.int64(n))


@inlined
def number_at(w: World, n: int) -> Any:
    """Row of number `n` of the plan's table."""
    return _number(w.at_number, np.int64(n))


@inlined
def edge_at(w: World, cell: int) -> Any:
    """Row of cell edge, days."""
    return _count(w.at_edge, np.int64(cell))


@inlined
def day_at(w: World, day: int) -> Any:
    """Row of cell and month of a day."""
    return _day(w.at_day, np.int64(day))


@inlined
def window_at(w: World, n: int) -> Any:
    """Row of window `n`."""
    return _span(w.at_window, np.int64(n))


@inlined
def member_at(w: World, i: int) -> Any:
    """Row of member `i`."""
    return _member(w.at_member, np.int64(i))


@inlined
def ledger_at(w: World, n: int) -> Any:
    """Row of word `n` of the ledger."""
    return _count(w.at_ledger, np.int64(n))


@inlined
def number_from(address: Key, n: int) -> Any:
    """Number `n` of those at an address; for loops that the processor can do side by side, which read no world."""
    return _number(address, np.int64(n))


@inlined
def sold_at(w: World, month: int) -> Any:
    """Row of expansion of a calendar month where a quota counts it."""
    return _count(w.at_sold, np.int64(month))


@inlined
def log_at(w: World, n: int) -> Any:
    """Row of row `n` of the event log."""
    return _log(w.at_log, np.int64(n))


@inlined
def change_at(w: World, n: int) -> Any:
    """Row of change of ARR `n`."""
    return _change(w.at_change, np.int64(n))


@inlined
def birth_at(w: World, n: int) -> Any:
    """Row of converted referral `n`."""
    return _birth(w.at_birth, np.int64(n))


@inlined
def ask_at(w: World, n: int) -> Any:
    """Row of request `n` that the running event raised."""
    return _ask(w.at_ask, np.int64(n))


@inlined
def eve_at(w: World, k: int) -> Any:
    """Row `k` of the renewals of a past, and of the last interactions before some of them."""
    return _eve(w.at_eve, np.int64(k))


@inlined
def tried_at(w: World, b: int) -> Any:
    """Number of the past life that stays for row `b` of the book; -1 less the number when it was made to stay."""
    return _tried(w.at_tried, np.int64(b))


@inlined
def slot_at(w: World, i: int, k: int) -> Any:
    """Row of member `i` and intervention `k`."""
    return _slot(w.at_slot, np.int64(i) * w.size_intervention + np.int64(k))


@inlined
def cause_at(w: World, i: int, k: int) -> Any:
    """Time of the next cause of member `i` and intervention `k`."""
    return _number(w.at_cause, np.int64(i) * w.size_intervention + np.int64(k))


@inlined
def opportunity_at(w: World, i: int, j: int) -> Any:
    """Row of member `i` and local milestone `j`."""
    return _opportunity(w.at_opportunity, np.int64(i) * w.journey + np.int64(j))


@inlined
def modifier_at(w: World, i: int, e: int) -> Any:
    """Row of member `i` and trace `e`."""
    return _modifier(w.at_modifier, np.int64(i) * w.modifiers + np.int64(e))


@compiled
def fetch_member(w: World, i: int) -> None:
    """Ask for the cache lines of a member that is wanted soon: all that belongs to it.

    Measured at 100,000 members: with opportunities and modifiers an event out of the calendar takes 129 ns, without
    them 144.
    """
    _fetch(w.at_member, i, MEMBER_BYTES)
    _fetch(w.at_cause, i, w.size_intervention * 8)
    _fetch(w.at_slot, i, w.size_intervention * SLOT_BYTES)
    _fetch(w.at_opportunity, i, w.journey * OPPORTUNITY_BYTES)
    _fetch(w.at_modifier, i, w.modifiers * MODIFIER_BYTES)


@inlined
def _fetch(address: Key, row: int, size: int) -> None:
    start = address + np.uint64(row * size)
    for offset in range(0, size, 64):
        _ask_for(start + np.uint64(offset))


@inlined
def numbers(w: World) -> Any:
    """The plan's table of numbers as an array."""
    return _array(w.at_number, w.size_number)
