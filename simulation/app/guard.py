"""Who may talk to the page: the token, other sites that a browser has open, and how large a request may be."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit

__all__ = ["LIMIT", "Guard", "is_loopback"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LIMIT = 50 * 2**20
"""Bytes of a request at most, and so of an upload."""
COOKIE = "membersim_token"
NO_TOKEN = "This page needs a token: open the address that was printed when it was started."


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine alone."""
    import ipaddress

    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Guard:
    """An ASGI application in front of another.

    Parameters
    ----------
    application
        What is guarded: pages, files and web sockets.
    token
        Without it nobody gets in; an empty one lets in everybody on this machine.
    limit
        Bytes of a request at most.

    Notes
    -----
    The token comes once in the address (`?token=`) and then as a cookie. Without a token only requests that name this
    machine as their host are answered, so that no other site can reach the page by a name of its own (DNS rebinding);
    web sockets of other origins are refused in any case.
    """

    def __init__(self, application: Application, token: str = "", limit: int = LIMIT) -> None:
        self.application, self.token, self.limit = application, token, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, refuse, or pass on."""
        if scope["type"] not in ("http", "websocket"):
            await self.application(scope, receive, send)
            return
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        host, origin = headers.get("host", ""), headers.get("origin", "")
        if not self.token and not is_loopback(_split(f"//{host}").hostname or ""):
            await _refuse(scope, send, 403, "This page is for its own machine only.")
            return
        if origin and _split(origin).netloc != host:
            await _refuse(scope, send, 403, "This request comes from another site.")
            return
        if self.token and not self._knows(headers.get("cookie", "")):
            await self._at_the_door(scope, send)
            return
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self.limit:
            await _refuse(scope, send, 413, f"The file is too large: at most {self.limit // 2**20} MB.")
            return
        await self.application(scope, self._counted(receive), send)

    def _knows(self, cookies: str) -> bool:
        try:
            given = SimpleCookie(cookies).get(COOKIE)
        except CookieError:
            return False
        return given is not None and hmac.compare_digest(given.value.encode(), self.token.encode())

    async def _at_the_door(self, scope: Scope, send: Send) -> None:
        """Exchange the token of the address for a cookie, or refuse."""
        asked = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1")))
        given = asked.pop("token", "")
        if scope["type"] == "websocket" or not hmac.compare_digest(given.encode(), self.token.encode()):
            await _refuse(
                scope, send, 401, "This page needs a token: open the address that was printed when it started."
            )
            return
        # Two slashes at its beginning would name another site, and a line break another header.
        place = "/" + quote(scope["path"].lstrip("/\\")) + (f"?{urlencode(asked)}" if asked else "")
        cookie = f"{COOKIE}={self.token}; Path=/; HttpOnly; SameSite=Strict"
        headers = [(b"location", place.encode("latin-1")), (b"set-cookie", cookie.encode("latin-1"))]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    def _counted(self, receive: Receive) -> Receive:
        """Stop a request that is longer than it may be and did not say so."""
        taken = 0

        async def counted() -> MutableMapping[str, Any]:
            nonlocal taken
            message = await receive()
            if message["type"] == "http.request":
                taken += len(message.get("body", b""))
                if taken > self.limit:
                    return {"type": "http.disconnect"}
            return message

        return counted


def _split(address: str) -> SplitResult:
    """The parts of an address; of one that is none, no parts."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


async def _refuse(scope: Scope, send: Send, status: int, text: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 4403})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})
