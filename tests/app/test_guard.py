"""Who may talk to the page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from simulation.app.guard import Guard, is_loopback


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Read the whole request, and answer with its path and length."""
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length, more = length + len(message.get("body", b"")), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": f"{scope['path']} {length}".encode()})


def finished(work: Coroutine[Any, Any, Any]) -> Any:
    """Run to the end in a thread of its own: a browser test before this one may have left a loop in ours."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def ask(guard: Guard, method: str = "GET", url: str = "http://localhost/", **options: Any) -> httpx.Response:
    async def asked() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(guard)) as client:
            return await client.request(method, url, **options)

    answer: httpx.Response = finished(asked())
    return answer


def socket(guard: Guard, headers: dict[str, str]) -> list[dict[str, Any]]:
    """What a web socket with these headers is answered."""
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        said.append(message)

    raw = [(key.encode(), value.encode()) for key, value in headers.items()]
    scope = {"type": "websocket", "path": "/", "query_string": b"", "headers": raw}
    finished(Guard(_accept, guard.token)(scope, receive, send))
    return said


async def _accept(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "websocket.accept"})


def test_without_a_token_this_machine_is_let_in() -> None:
    assert ask(Guard(echo)).text == "/ 0"
    assert ask(Guard(echo), url="http://127.0.0.1:8080/a").text == "/a 0"


def test_another_name_for_this_machine_is_refused() -> None:
    assert ask(Guard(echo), url="http://evil.example/").status_code == 403


def test_requests_and_sockets_of_other_sites_are_refused() -> None:
    assert ask(Guard(echo), headers={"origin": "http://evil.example"}).status_code == 403
    assert ask(Guard(echo), headers={"origin": "http://localhost"}).status_code == 200
    assert socket(Guard(echo), {"host": "localhost:1", "origin": "http://localhost:1"})[0]["type"] == "websocket.accept"
    assert socket(Guard(echo), {"host": "localhost:1", "origin": "http://evil.example"})[0]["type"] == "websocket.close"


def test_the_token_of_the_address_becomes_a_cookie() -> None:
    guard = Guard(echo, "s3cret")
    assert ask(guard).status_code == 401
    assert ask(guard, url="http://localhost/?token=wrong").status_code == 401
    door = ask(guard, url="http://10.0.0.7/plan?token=s3cret&a=1")
    assert door.status_code == 303 and door.headers["location"] == "/plan?a=1"
    cookie = door.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    inside = ask(guard, url="http://10.0.0.7/", headers={"cookie": cookie.split(";")[0]})
    assert inside.status_code == 200
    assert ask(guard, headers={"cookie": "membersim_token=wrong"}).status_code == 401


def test_a_socket_needs_the_token_as_well() -> None:
    guard = Guard(echo, "s3cret")
    assert socket(guard, {"host": "a"})[0]["type"] == "websocket.close"
    assert socket(guard, {"host": "a", "cookie": "membersim_token=s3cret"})[0]["type"] == "websocket.accept"


def test_a_request_is_as_large_as_it_may_be_and_no_larger() -> None:
    guard = Guard(echo, limit=1000)
    assert ask(guard, "POST", content=b"x" * 1000).text == "/ 1000"
    refused = ask(guard, "POST", content=b"x" * 1001)
    assert refused.status_code == 413

    async def without_length() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 100

    with pytest.raises(AssertionError):  # the connection ends without an answer
        ask(guard, "POST", content=without_length())


@pytest.mark.parametrize(
    ("host", "alone"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("[::1]", True), ("127.9.9.9", True),
     ("0.0.0.0", False), ("::", False), ("192.168.1.4", False), ("", False), ("example.org", False)],
)  # fmt: skip
def test_what_is_this_machine_alone(host: str, alone: bool) -> None:
    assert is_loopback(host) is alone


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example", "/a\r\nSet-Cookie: x=1", "/ü€"])
def test_the_way_back_from_the_door_stays_on_this_page(path: str) -> None:
    said: list[Any] = []

    async def send(message: Any) -> None:
        said.append(message)

    scope = {"type": "http", "path": path, "query_string": b"token=secret", "headers": [(b"host", b"localhost")]}
    finished(Guard(echo, "secret")(scope, None, send))  # type: ignore[arg-type]
    place = dict(said[0]["headers"])[b"location"].decode("ascii")
    assert said[0]["status"] == 303
    assert place.startswith("/") and not place.startswith(("//", "/\\")) and "\r" not in place and "\n" not in place


@pytest.mark.parametrize("name", ["host", "origin"])
def test_an_address_that_is_none_is_refused(name: str) -> None:
    headers = {"host": "localhost", name: "[" if name == "host" else "http://["}
    assert ask(Guard(echo), headers=headers).status_code == 403
