"""Whatever happens to a folder: a clear message, nothing lost, and the same command goes on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simulation.cli.folder import publish
from simulation.cli.screen import BadInput

Call = Callable[..., tuple[int, str, str]]
COMMAND = [sys.executable, "-c", "import sys; from simulation.cli import main; sys.exit(main())"]


def mounted(where: Path, *options: str) -> None:
    """Mount a small disk in memory; skip where that is not allowed."""
    where.mkdir(exist_ok=True)
    command = ["mount", *options, "-t", "tmpfs", "tmpfs", str(where)]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("there is no mount command")
    if done.returncode:
        pytest.skip(f"no disk of its own can be mounted: {done.stderr.strip()}")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 300 kB: room for a store of these plans, and for half a report."""
    mounted(tmp_path / "disk", "-o", "size=300k")
    yield tmp_path / "disk"
    subprocess.run(["umount", "-l", str(tmp_path / "disk")], check=True)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_full_disk(call: Call, plan: Path, disk: Path, store_of_the_test: Path) -> None:
    (disk / "filler").write_bytes(bytes(250_000))
    status, _, said = call("run", plan, "--replications", 4, "--out", disk / "out")
    assert status == 2
    assert "cannot be written: No space left on device. Finished futures are kept" in said and "Traceback" not in said
    assert list((disk / "out").iterdir()) == [] and not list(disk.glob(".out*"))
    assert any(store_of_the_test.rglob("*.block"))
    status, out, _ = call("run", plan, "--replications", 4, "--out", "elsewhere", "--json")
    assert status == 0 and json.loads(out)["replications"] == 4


def test_a_full_disk_leaves_the_earlier_run_as_it_was(call: Call, plan: Path, disk: Path) -> None:
    assert call("run", plan, "--replications", 2, "--out", "small")[0] == 0
    size = sum(map(len, contents(Path("small")).values()))
    if size > 250_000:
        subprocess.run(["mount", "-o", f"remount,size={2 * size}", str(disk)], check=True)
    assert call("run", plan, "--replications", 2, "--out", disk / "out")[0] == 0
    before = contents(disk / "out")
    free = os.statvfs(disk)
    (disk / "filler").write_bytes(bytes(max(free.f_bavail * free.f_frsize - 20_000, 0)))
    status, _, said = call("run", plan, "--replications", 6, "--out", disk / "out")
    assert (status, "No space left on device" in said) == (2, True)
    assert contents(disk / "out") == before
    assert call("rerun", disk / "out")[0] == 0


def test_a_full_disk_of_the_store_is_a_warning(
    call: Call, plan: Path, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (disk / "filler").write_bytes(bytes(290_000))
    monkeypatch.setenv("MEMBERSIM_STORE", str(disk / "store"))
    status, _, said = call("run", plan, "--replications", 40, "--out", "out")
    assert status == 0 and said.count("cannot be written (No space left on device); going on without it") == 1


def test_a_folder_that_cannot_be_written(call: Call, plan: Path, tmp_path: Path) -> None:
    mounted(tmp_path / "disk", "-o", "ro")
    try:
        status, _, said = call("run", plan, "--replications", 2, "--out", tmp_path / "disk" / "out")
        assert status == 2 and "disk/out cannot be written: Read-only file system; give another folder" in said
    finally:
        subprocess.run(["umount", "-l", str(tmp_path / "disk")], check=True)


def test_two_runs_into_one_folder_leave_one_of_them_whole(plan: Path, tmp_path: Path) -> None:
    running = [
        subprocess.Popen(
            [*COMMAND, "run", str(plan), "--replications", "4", "--seed", str(seed), "--out", "out", "--json"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "MEMBERSIM_STORE": str(tmp_path / "store")},
        )
        for seed in (1, 2)
    ]
    said = [one.communicate(timeout=600)[1] for one in running]
    assert [one.returncode for one in running] == [0, 0], said
    seed = json.loads(Path("out/run.json").read_text())["seed"]
    assert not list(tmp_path.glob(".out*"))
    done = subprocess.run([*COMMAND, "rerun", "out", "--json"], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    (tmp_path / "alone").mkdir()
    shutil.copy(plan, tmp_path / "alone")
    command = [*COMMAND, "run", str(plan), "--replications", "4", "--seed", str(seed), "--out", "out"]
    assert subprocess.run(command, capture_output=True, timeout=600, cwd=tmp_path / "alone").returncode == 0
    one, other = contents(Path("out")), contents(Path("alone/out"))
    assert one.keys() == other.keys()
    # The later of the two reports says what has moved since the earlier.
    told = {"run.json", "report.html"}
    assert [name for name in one.keys() - told if one[name] != other[name]] == []


def test_many_writers_never_mix(tmp_path: Path) -> None:
    """Each writes thirty files that all say who wrote them."""

    def write(who: int) -> None:
        for _ in range(10):
            publish(tmp_path / "out", lambda staging: fill(staging, who), {"who": who})

    def fill(staging: Path, who: int) -> None:
        for number in range(30):
            (staging / f"{number}.txt").write_text(str(who))

    pid = os.fork()
    if pid == 0:
        write(1)
        os._exit(0)
    write(0)
    os.waitpid(pid, 0)
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert {(tmp_path / "out" / f"{number}.txt").read_text() for number in range(30)} == {str(record["who"])}


def test_what_a_killed_run_left_is_swept(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (tmp_path / f".out.{dead.pid}").mkdir()
    alive = tmp_path / f".out.{os.getppid()}"
    alive.mkdir()
    publish(tmp_path / "out", lambda staging: None, {})
    assert [path.name for path in tmp_path.glob(".out.*")] == [alive.name]


def test_a_torn_file_of_the_store_is_done_again(call: Call, plan: Path, store_of_the_test: Path) -> None:
    assert call("run", plan, "--replications", 20, "--out", "one")[0] == 0
    for block in sorted(store_of_the_test.rglob("0*.block")):
        block.write_bytes(block.read_bytes()[:-7])
    status, _, said = call("run", plan, "--replications", 20, "--out", "two")
    assert status == 0 and "is ignored: it is not whole" in said
    assert Path("one/forecast.nc").read_bytes() == Path("two/forecast.nc").read_bytes()


def test_a_torn_file_of_a_run(call: Call, plan: Path) -> None:
    assert call("run", plan, "--replications", 4, "--out", "out")[0] == 0
    forecast = Path("out/forecast.nc")
    forecast.write_bytes(forecast.read_bytes()[:1000])
    status, _, said = call("rerun", "out")
    assert status == 2 and "Traceback" not in said and "out" in said
    Path("out/run.json").write_text('{"format": 1,')
    status, _, said = call("rerun", "out")
    assert status == 2 and "run.json cannot be read" in said


def test_a_user_without_a_name_or_a_home(call: Call, plan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object) -> None:
        raise KeyError("getpwuid(): uid not found: 54321")

    for name in ("USER", "LOGNAME", "LNAME", "USERNAME", "HOME", "XDG_DATA_HOME", "MEMBERSIM_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)
    assert call("run", plan, "--replications", 2, "--out", "out")[0] == 0
    status, _, said = call("run", plan, "--replications", 2, "--events", 1, "--out", "logged")
    assert status == 2 and "set MEMBERSIM_KEY" in said and "internal error" not in said


def test_a_folder_that_is_a_file_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(BadInput, match="out cannot be written"):
        publish(tmp_path / "out", lambda staging: None, {})
