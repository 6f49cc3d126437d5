"""The server: NiceGUI behind the guard, one bench for all visitors, everything from this machine."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulation.app.guard import Guard
from simulation.app.jobs.bench import Bench
from simulation.app.plans import Plans

if TYPE_CHECKING:
    from fastapi import FastAPI

    from simulation.app.desks import Desks

__all__ = ["listen", "make", "serve"]

TITLE = "membersim"
TIDIES = 60.0
"""Seconds between two looks at the desks that are left."""
ICON = Path(__file__).parent / "look" / "icon.svg"


def make(folder: Path, bench: Bench) -> FastAPI:
    """Return the web application for the scenarios of a folder, without its guard.

    Parameters
    ----------
    folder
        Where the scenarios are.
    bench
        What works; it is started and stopped with the application.
    """
    from collections.abc import AsyncIterator
    from contextlib import asynccontextmanager

    from fastapi import FastAPI
    from nicegui import ui

    from simulation.app.desks import Desks
    from simulation.app.page import page

    plans = Plans(folder)
    desks = Desks(bench, plans)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        bench.start()
        threading.Thread(target=plans.found, daemon=True).start()  # so that the first visitor does not wait for it
        tidying = asyncio.create_task(_tidy(desks))
        yield
        tidying.cancel()
        desks.close()
        bench.stop()

    app = FastAPI(title=TITLE, docs_url=None, redoc_url=None, openapi_url=None, lifespan=life)

    async def root() -> None:
        await page(desks)

    ui.page("/", favicon=ICON, response_timeout=60.0)(root)
    ui.run_with(
        app,
        title=TITLE,
        favicon=ICON,
        dark=None,
        tailwind=False,
        reconnect_timeout=30.0,
        show_welcome_message=False,
    )
    return app


async def _tidy(desks: Desks) -> None:
    """Close the desks of those who do not come back, also while nobody else comes."""
    while True:
        await asyncio.sleep(TIDIES)
        desks.sweep()


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Raises
    ------
    OSError
        When the port is taken or the host is not of this machine.
    """
    family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, proto)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    listener.listen(128)
    return listener


def serve(folder: Path, listener: socket.socket, *, token: str = "", workers: int | None = None) -> None:
    """Serve the page until Ctrl-C.

    Parameters
    ----------
    folder
        Where the scenarios are.
    listener
        Where to listen (`listen`).
    token
        Without it nobody gets in; needed wherever other machines can reach the page.
    workers
        Worker processes; `simulation.app.jobs.bench.usual_workers` by default.
    """
    import uvicorn

    guarded: Any = Guard(make(folder, Bench(workers)), token)
    config = uvicorn.Config(guarded, log_level="warning", access_log=False, timeout_graceful_shutdown=2)
    with suppress(KeyboardInterrupt):  # how a server ends
        uvicorn.Server(config).run(sockets=[listener])
