"""Compiling a call tree once: functions that only compiled code calls are optimised where they end up.

Numba optimises every function together with all that it calls and turns that into machine code, so code at the bottom
of a deep call tree is compiled again for each function above it. Here a function that compiled code calls is a *part*:
its intermediate code and nothing more. A *whole* (a function called from Python, or by its address) takes in its parts
and what these call, and is optimised and compiled as one program. That took the engine from 46 to 20 seconds.

This reaches into Numba (its code libraries). Where a version of Numba has other insides, everything is compiled in
Numba's own way, to the same results.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numba.core.codegen import JITCodeLibrary
from numba.core.compiler_lock import global_compiler_lock


class _Quiet:
    """A code generator for parts: they have no machine code, so nothing of theirs has an address to set."""

    def __init__(self, codegen: Any) -> None:
        self._codegen = codegen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._codegen, name)

    def set_env(self, _name: str, _env: Any) -> None:
        """Set nothing: the environment serves Python objects and exceptions, and compiled code here has neither."""


class Part(JITCodeLibrary):
    """Code of a function that only compiled code calls: not optimised, not linked, no machine code."""

    @property
    def codegen(self) -> Any:
        """The code generator, as what asks a finished part sees it."""
        return _Quiet(self._codegen)

    def finalize(self) -> None:
        """Leave it as it is."""
        self._raise_if_finalized()  # type: ignore[no-untyped-call]
        self._finalize_dynamic_globals()  # type: ignore[no-untyped-call]
        self._finalized = True

    def own_module(self) -> Any:
        """Give its code alone, to be linked into a whole."""
        return super()._get_module_for_linking()  # type: ignore[no-untyped-call]

    def _get_module_for_linking(self) -> Any:
        """Give its code with all that it calls: what a library of Numba's own kind asks for."""
        module = self.own_module().clone()
        for library in _called_by([self])[1:]:
            module.link_in(_own(library), preserve=True)
        return module


class Whole(JITCodeLibrary):
    """Code of a function that has an address, with all its parts."""

    def finalize(self) -> None:
        """Take in every part, once, and compile."""
        parts = _called_by(self._linking_libraries)
        for library in parts:
            self._reload_init.update(library._reload_init)
            self._final_module.link_in(_own(library), preserve=True)
        self._take_in_late(parts)
        self._linking_libraries = []
        super().finalize()  # type: ignore[no-untyped-call]

    def _take_in_late(self, parts: list[Any]) -> None:
        """Take in what was passed over: LLVM links a function only when something that is there already calls it."""
        missing: set[str] = set()
        while True:
            known = missing
            missing = {one.name for one in self._final_module.functions if one.is_declaration}
            if missing == known:
                return
            for library in parts:
                own = _own(library)
                if any(one.name in missing and not one.is_declaration for one in own.functions):
                    self._final_module.link_in(own, preserve=True)


def _called_by(libraries: list[Any]) -> list[Any]:
    """List libraries and all that they are to be linked with, each once."""
    found: dict[Any, None] = {}
    left = list(libraries)[::-1]
    while left:
        library = left.pop()
        if library not in found:
            found[library] = None
            if isinstance(library, Part):
                left += library._linking_libraries[::-1]
    return list(found)


def _own(library: Any) -> Any:
    return library.own_module() if isinstance(library, Part) else library._get_module_for_linking()


@contextmanager
def as_kind(codegen: Any, kind: type[Part | Whole]) -> Iterator[None]:
    """Let what is compiled meanwhile be parts, or wholes; other threads wait."""
    with global_compiler_lock:
        before = getattr(codegen, "_library_class", None)
        if before is None:  # a Numba with other insides
            yield
            return
        codegen._library_class = kind
        try:
            yield
        finally:
            codegen._library_class = before
