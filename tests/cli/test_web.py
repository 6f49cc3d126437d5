"""`membersim app`: where it listens, who gets in, and what it refuses before it starts."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from simulation.cli import main

pytest.importorskip("nicegui", reason="the page needs nicegui")


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What would be served; nothing is."""
    calls: list[dict[str, Any]] = []

    def serve(folder: Path, listener: socket.socket, **options: Any) -> None:
        calls.append({"folder": folder, "address": listener.getsockname()[0], **options})
        listener.close()

    monkeypatch.setattr("simulation.app.server.serve", serve)
    return calls


def test_it_listens_to_this_machine_alone(served: list[dict[str, Any]], tmp_path: Path, capsys: Any) -> None:
    assert main(["app", str(tmp_path), "--port", "0", "--no-browser", "--json"]) == 0
    assert served[0]["address"] == "127.0.0.1" and served[0]["token"] == ""
    said = json.loads(capsys.readouterr().out)
    assert said["url"].startswith("http://127.0.0.1:") and not said["token"]


def test_elsewhere_it_makes_up_a_token(served: list[dict[str, Any]], tmp_path: Path, capsys: Any) -> None:
    for _ in range(2):
        assert main(["app", str(tmp_path), "--host", "0.0.0.0", "--port", "0", "--no-browser", "--json"]) == 0
    first, second = (one["token"] for one in served)
    assert len(first) >= 32 and first != second
    assert f"?token={first}" in capsys.readouterr().out


def test_a_given_token_is_kept(served: list[dict[str, Any]], tmp_path: Path) -> None:
    assert main(["app", str(tmp_path), "--port", "0", "--token", "abc", "--no-browser", "--json"]) == 0
    assert served[0]["token"] == "abc"


def test_a_port_that_is_taken_and_a_folder_that_is_none(
    served: list[dict[str, Any]], tmp_path: Path, capsys: Any
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main(["app", str(tmp_path), "--port", str(taken.getsockname()[1]), "--no-browser"]) == 2
    assert "try another --port" in capsys.readouterr().err
    assert main(["app", str(tmp_path / "nowhere"), "--no-browser"]) == 2
    assert "is not a folder" in capsys.readouterr().err
    assert served == []


def test_without_its_libraries_it_says_what_to_install(
    served: list[dict[str, Any]], tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "plotly", None)
    assert main(["app", str(tmp_path), "--no-browser"]) == 2
    assert 'pip install "membersim[app]"' in capsys.readouterr().err
