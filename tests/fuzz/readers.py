"""Coverage-guided fuzzing of what reads files from outside: scenarios, books and histories.

    pip install atheris
    python -m tests.fuzz.readers            # 20 minutes of CPU each; --minutes 1 for a look

Whatever the bytes are, a reader answers with a result or with one of its own errors, within seconds. Anything else
stops the fuzzer, which leaves the input that did it beside its corpus.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType

SHIPPED = Path(__file__).parents[2] / "scenarios"
SECONDS = 20
"""After which a reader hangs."""
HISTORY = b"""member_id,date,event,name,value
a-1,2026-01-05,joined,,320
a-1,2026-03-01,milestone,first_value,
a-1,2026-04-01,usage,,12
a-1,2027-01-05,renewed,,320
b-2,2026-02-01,present,none,400
b-2,2026-06-01,left,price,400
"""


def scenario_reader(folder: Path) -> Callable[[bytes], object]:
    """Reads YAML as a scenario."""
    from simulation.scenario import load

    path = folder / "plan.yaml"

    def read(data: bytes) -> object:
        path.write_bytes(data)
        return load(path)

    return read


def book_reader(folder: Path) -> Callable[[bytes], object]:
    """Reads bytes as a book: delimited text, a workbook or Parquet, as its first byte says."""
    from simulation.scenario import load
    from simulation.scenario.book import load_book

    plan = load(SHIPPED / "association.yaml")
    plan = plan.model_copy(update={"book": None})

    def read(data: bytes) -> object:
        path = folder / ("book" + (".csv", ".csv", ".csv", ".xlsx", ".parquet")[data[0] % 5 if data else 0])
        path.write_bytes(data[1:])
        return load_book(path, plan, quarantine=bool(data[:1] > b"\x80"))

    return read


def history_reader(folder: Path) -> Callable[[bytes], object]:
    """Reads bytes as a history."""
    from simulation.evidence.history import read_history
    from simulation.scenario import load

    plan = load(SHIPPED / "association.yaml")

    def read(data: bytes) -> object:
        path = folder / ("history" + (".csv", ".csv", ".csv", ".xlsx", ".parquet")[data[0] % 5 if data else 0])
        path.write_bytes(data[1:])
        return read_history(path, scenario=plan, quarantine=bool(data[:1] > b"\x80"))

    return read


READERS = {"scenario": scenario_reader, "book": book_reader, "history": history_reader}


def seeds(name: str) -> list[bytes]:
    """Good files to begin with."""
    if name == "scenario":
        return [path.read_bytes() for path in sorted(SHIPPED.glob("*.yaml"))]
    if name == "book":
        text = (SHIPPED / "data" / "association_book.csv").read_bytes()
        return [b"\0" + b"\n".join(text.splitlines()[:30]), b"\xff" + text[:400].replace(b",", b";")]
    return [b"\0" + HISTORY, b"\xff" + HISTORY.replace(b",", b";")]


def watched() -> Iterator[FunctionType]:
    """Functions whose branches guide the fuzzer: those that read, and the YAML parser."""
    parts = ("simulation.scenario", "simulation.evidence.history", "ruamel.yaml")
    for name, module in list(sys.modules.items()):
        for thing in list(vars(module).values()) if name.startswith(parts) else ():
            members = list(vars(thing).values()) if isinstance(thing, type) and thing.__module__ == name else [thing]
            yield from (one for one in members if isinstance(one, FunctionType) and one.__module__ == name)


def fuzz(name: str, corpus: str, seconds: int) -> None:
    """Fuzz one reader; libFuzzer ends the process."""
    import atheris

    from simulation.scenario import ScenarioError

    folder = Path(tempfile.mkdtemp())
    read = READERS[name](folder)

    for function in watched():
        atheris.instrument_func(function)

    def once(data: bytes) -> None:
        try:
            read(data)
        except ScenarioError as error:
            assert str(error)

    options = [f"-max_total_time={seconds}", f"-timeout={SECONDS}", "-rss_limit_mb=6000", "-print_final_stats=1"]
    options += ["-max_len=60000", f"-artifact_prefix={corpus}/../found-{name}-"]
    atheris.Setup([sys.argv[0], *options, corpus], once)
    atheris.Fuzz()


def main() -> int:
    """Fuzz the readers one after the other, each in a process of its own, and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reader", nargs="?", choices=sorted(READERS))
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--corpus", default="")
    asked = parser.parse_args()
    if asked.reader and asked.corpus:
        fuzz(asked.reader, asked.corpus, round(60 * asked.minutes))
        return 0
    kept, status = Path(tempfile.mkdtemp(prefix="membersim-fuzz-")), 0
    for name in [asked.reader] if asked.reader else READERS:
        corpus = kept / name
        corpus.mkdir()
        for number, seed in enumerate(seeds(name)):
            (corpus / f"seed-{number}").write_bytes(seed)
        words = [name, "--corpus", str(corpus), "--minutes"]
        cpu, inputs = 0.0, 0
        while True:  # its minutes are of a clock, ours of a processor: on a busy machine it takes several turns
            left = asked.minutes - cpu / 60
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            command = [sys.executable, "-m", "tests.fuzz.readers", *words, str(max(left, 0.25))]
            done = subprocess.run(command, capture_output=True, text=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu += after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            inputs += sum(
                int(line.split()[-1]) for line in done.stderr.splitlines() if "number_of_executed_units" in line
            )
            found = [path.name for path in kept.glob(f"found-{name}-*") if "slow-unit" not in path.name]
            if done.returncode or found or cpu >= 60 * asked.minutes:
                break
        print(f"{name}: {inputs:,} inputs in {cpu:.0f} s CPU, {len(found)} faults", flush=True)
        if done.returncode or found:
            status = 1
            print(done.stderr[-4000:], f"\nthe inputs are in {kept}", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
