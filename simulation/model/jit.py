"""The one way to compile: two typed decorators around Numba, with a cache that can never be stale.

Numba notices an edit of the file in which a cached function lives, but not of a file whose functions it
calls or inlines. The cache directory is therefore named by a hash of every source file that compiled code
may come from: those of the model, and those of the engines that name this module. An edit anywhere in them
starts a new directory. Where no directory can be written, nothing is cached and nothing fails.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba

from simulation.model.linking import Part, Whole, as_kind

F = TypeVar("F", bound=Callable[..., Any])

_PACKAGE = Path(__file__).resolve().parent.parent
_SOURCES = ("model", "engine", "evidence")
_MARK = b"simulation.model.jit"  # an engine's file without it holds nothing that is compiled
_KEEP_DAYS = 30.0
_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
_NO_WAY_IN: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
_SETTINGS: Any = numba.config


def source_hash() -> str:
    """Hash the names and contents of every source file that compiled code may come from.

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    digest = hashlib.blake2b(digest_size=8)
    for folder in _SOURCES:
        for path in sorted((_PACKAGE / folder).rglob("*.py")):
            content = path.read_bytes()
            if folder != "model" and _MARK not in content:
                continue
            digest.update(f"{path.relative_to(_PACKAGE).as_posix()}\x1f{len(content)}\x1f".encode())
            digest.update(content)
    return digest.hexdigest()


def _user_cache() -> Path:
    """Give the place where a user's programs keep caches (NUMBA_CACHE_DIR first)."""
    for variable in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        if os.environ.get(variable):
            return Path(os.environ[variable])
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")


def _forget_old(parent: Path, current: Path) -> None:
    """Remove the directories of earlier sources that nothing has touched for a month."""
    limit = time.time() - _KEEP_DAYS * 86400
    for path in parent.iterdir():
        if path != current and path.is_dir() and path.stat().st_mtime < limit:
            shutil.rmtree(path, ignore_errors=True)


def _prepare_cache() -> str | None:
    """Create the cache directory of these sources; None when it cannot be written."""
    try:
        parent = _user_cache() / "membersim-compiled"
        current = parent / source_hash()
        if not current.is_dir():
            current.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(OSError):
                _forget_old(parent, current)
        return str(current) if os.access(current, os.W_OK | os.X_OK) else None
    except (OSError, RuntimeError):  # RuntimeError: the user has no home directory
        return None


_ONE_AT_A_TIME = threading.RLock()

CACHE_DIRECTORY: str | None = _prepare_cache()
"""Where this process keeps compiled code; None when there is no writable place."""


def _share_safely(function: Any) -> None:
    """Let several processes fill the cache at once, and let a full disk pass.

    Numba numbers the data files of a function: two processes that compile it for different types at the
    same time would both write number 1, and the index would name one of them for the other's types. Names
    that are never used twice cannot be mixed up; at worst an entry is lost and compiled again.
    """
    files = getattr(getattr(function, "_cache", None), "_cache_file", None)
    if files is None or not (hasattr(files, "_data_name") and hasattr(files, "save")):
        return
    stem = files._data_name(0).removesuffix(".0.nbc")
    save = files.save

    def guarded(key: Any, data: Any) -> None:
        with contextlib.suppress(OSError):
            save(key, data)

    files._data_name = lambda _number: f"{stem}.{uuid.uuid4().hex}.nbc"
    files.save = guarded


def _canonical(function: Callable[..., Any]) -> tuple[Any, ...] | None:
    """Give the one signature that a function's annotations state; None when they leave a type open."""
    from numba.core import types

    annotations = dict(function.__annotations__)
    annotations.pop("return", None)
    known: dict[str, Any] = {
        "int": types.int64, "Key": types.uint64, "float": types.float64, "bool": types.boolean,
    }  # fmt: skip
    if "World" in annotations.values():
        from simulation.model.state import WORLD

        known["World"] = numba.from_dtype(WORLD)
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    wanted = [known.get(annotations.get(name, "")) for name in names]
    return None if None in wanted or not wanted else tuple(wanted)


def _codegen() -> Any:
    from numba.core.registry import cpu_target

    return cpu_target.target_context.codegen()


def _compile_once(dispatcher: Any, kind: type[Part | Whole]) -> Any:
    """Let a function have one compiled form, that of its annotations; every call converts to it.

    Records hold narrow integers, and a form for each mix of them had more than doubled the time to compile.
    """
    general = dispatcher.compile

    def compile_canonical(signature: Any) -> Any:
        wanted = _canonical(dispatcher.py_func)
        with _ONE_AT_A_TIME, as_kind(_codegen(), kind):
            if wanted is None:
                return general(signature)
            if wanted not in dispatcher.overloads:
                general(wanted)
                dispatcher.disable_compile()
        return dispatcher.overloads[wanted].entry_point

    dispatcher.compile = compile_canonical
    return dispatcher


def _decorate(function: Callable[..., Any], **options: Any) -> Any:
    """Compile on first call: for Python with a way in and a place in the cache, for compiled code as a part."""
    part = _compile_once(numba.njit(**_NO_WAY_IN, **_OPTIONS, **options)(function), Part)
    whole = _compile_once(_make_dispatcher(function, **options), Whole)
    whole.get_call_template = part.get_call_template
    whole.get_overload = part.get_overload
    return whole


def _make_dispatcher(function: Callable[..., Any], **options: Any) -> Any:
    """Make a dispatcher, with the cache directory set only while Numba looks at it."""
    if CACHE_DIRECTORY is None:
        return numba.njit(**_OPTIONS, **options)(function)
    before = _SETTINGS.CACHE_DIR
    _SETTINGS.CACHE_DIR = CACHE_DIRECTORY
    try:
        result = numba.njit(cache=True, **_OPTIONS, **options)(function)
        _share_safely(result)
        return result
    except (OSError, RuntimeError):  # what Numba raises when it finds no place for its files
        return numba.njit(**_OPTIONS, **options)(function)
    finally:
        _SETTINGS.CACHE_DIR = before


def compiled(function: F) -> F:
    """Compile a function to machine code: no GIL, IEEE arithmetic (no fastmath), and x / 0 is inf or nan.

    Parameters
    ----------
    function : callable
        A function in the subset of Python that Numba compiles.

    Returns
    -------
    callable
        The compiled function, under the same type.
    """
    result: F = _decorate(function)
    return result


def inlined(function: F) -> F:
    """Compile like `compiled`, and put the code into every compiled caller (LLVM's alwaysinline).

    Use it for small functions on the hot path. The result is the same, bit for bit, as that of a call.
    """
    result: F = _decorate(function, forceinline=True)
    return result


def callback(function: F) -> Any:
    """Compile a function on its first use so that compiled code can call it by its address.

    The annotations give its form: `int` is int64 and `float` is float64.

    Returns
    -------
    Callback
        With the `address`, which costs compiling when it is first asked for.
    """
    return Callback(function)


class Callback:
    """A compiled function with an address; see `callback`."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self._made: Any = None

    @property
    def address(self) -> int:
        """Where the machine code is; the same for the life of the process."""
        with _ONE_AT_A_TIME:
            return self._compiled()

    def _compiled(self) -> int:
        if self._made is None:
            from numba.core import types

            wanted = _canonical(self.function)
            if wanted is None:
                raise TypeError(f"{self.function.__name__} needs int and float for annotations")
            signature = types.int64(*wanted)
            before = _SETTINGS.CACHE_DIR
            if CACHE_DIRECTORY is not None:
                _SETTINGS.CACHE_DIR = CACHE_DIRECTORY
            try:
                with as_kind(_codegen(), Whole):
                    self._made = numba.cfunc(signature, cache=CACHE_DIRECTORY is not None, **_OPTIONS)(self.function)
            finally:
                _SETTINGS.CACHE_DIR = before
        return int(self._made.address)
