"""`membersim app`: the page that a planning team uses, served from this machine."""

from __future__ import annotations

import secrets
import sys
import threading
import webbrowser
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators

from simulation.cli.screen import SCREEN, BadInput, Screen

__all__ = ["web"]


def web(
    folder: Path = Path("."),
    /,
    *,
    host: str = "127.0.0.1",
    port: Annotated[int, Parameter(validator=validators.Number(gte=0, lte=65535))] = 8080,
    token: str = "",
    workers: Annotated[int | None, Parameter(validator=validators.Number(gte=1))] = None,
    no_browser: Annotated[bool, Parameter(show_default=False)] = False,
    screen: Screen = SCREEN,
) -> int:
    """Open the page for the scenarios of a folder.

    Parameters
    ----------
    folder
        Where the scenarios are; what is saved on the page is written there, too.
    host
        Where to listen. 127.0.0.1 is this machine alone; any other needs a token, which is made up if none is given.
    port
        0 takes a free one.
    token
        Who opens the page needs it.
    workers
        Processes that simulate side by side.
    no_browser
        Do not open a browser.
    """
    try:
        import nicegui  # noqa: F401
        import plotly  # noqa: F401

        from simulation.app.guard import is_loopback
        from simulation.app.server import serve
    except ModuleNotFoundError as error:
        raise BadInput(f'the page needs {error.name}: pip install "membersim[app]"') from None
    from simulation.app.guard import is_loopback
    from simulation.app.server import listen, serve

    if not folder.is_dir():
        raise BadInput(f"{folder} is not a folder; name the folder in which your scenarios are")
    try:
        listener = listen(host, port)
    except OSError as error:
        raise BadInput(f"cannot listen on {host}, port {port}: {error.strerror or error}; try another --port") from None
    if not token and not is_loopback(host):
        token = secrets.token_urlsafe(24)
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{listener.getsockname()[1]}/" + (f"?token={token}" if token else "")
    screen.show(f"The page is at {url} (Ctrl-C ends it).")
    screen.result({"url": url, "folder": folder.resolve(), "token": bool(token)})
    sys.stdout.flush()  # whoever reads the address from a pipe gets it now
    if not no_browser:
        threading.Timer(1.0, webbrowser.open, (url,)).start()
    serve(folder, listener, token=token, workers=workers)
    return 0
