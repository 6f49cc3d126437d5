"""The written report: complete, self-contained, safe, and the answer first."""

import csv
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from simulation.forecast import Forecast
from simulation.report import summary_tables, write_report
from simulation.report.answer import answer, wishes
from simulation.report.curves import renewal_terms
from simulation.report.evidence import evidence_table
from simulation.report.keyfigures import RATES, key_figures
from tests.report.cases import EVIL, empty, forecast, hostile

VOID = {"meta", "br", "img", "hr", "link", "input"}


class Page(HTMLParser):
    """Reads a page: balance of its tags, every attribute, and the text of each element."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, key, value or "") for key, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words))


def page(made: Forecast, folder: Path) -> Page:
    files = write_report(made, folder)
    return Page(files[0].read_text("utf-8"))


@pytest.fixture(scope="module")
def made() -> Forecast:
    return forecast(replications=12)


@pytest.fixture(scope="module")
def seen() -> list[tuple[int, int]]:
    """What the progress of the ordinary report was."""
    return []


@pytest.fixture(scope="module")
def folder(made: Forecast, seen: list[tuple[int, int]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("reports") / "new" / "folder"
    files = write_report(made, place, progress=lambda done, total: seen.append((done, total)))
    assert files[0] == place / "report.html" and all(path.stat().st_size > 0 for path in files)
    assert sorted(files) == sorted(path for path in place.parent.parent.rglob("*") if path.is_file())
    return place


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on a scenario whose names attack."""
    place = tmp_path_factory.mktemp("hostile")
    book = {
        "members": 10, "arr": 1000.0, "sha256": EVIL,
        "left_out": {"members": 3, "arr": 50.0, "arr_unknown": 1},
    }  # fmt: skip
    write_report(hostile(), place, warnings=[f"{EVIL} <b>warning</b>"], book=book)
    return place


def test_files_and_progress(folder: Path, seen: list[tuple[int, int]]) -> None:
    assert {path.suffix for path in folder.rglob("*.*")} == {".html", ".csv", ".png"}
    assert [done for done, _ in seen] == list(range(1, len(seen) + 1)) and seen[-1][0] == seen[-1][1]


def test_the_page_needs_nothing_else(folder: Path) -> None:
    text = (folder / "report.html").read_text("utf-8")
    read = Page(text)
    for tag, key, value in read.attributes:
        if key in ("src", "href", "srcset", "data", "action", "poster", "xlink:href"):
            assert value.startswith(("#", "data:")), (tag, key, value)
    assert "script" not in read.tags and "link" not in read.tags and "iframe" not in read.tags
    assert "http://" not in text and "https://" not in text and "@import" not in text
    assert not re.search(r"url\((?!#)", text)
    assert any("default-src 'none'" in value for _, _, value in read.attributes)
    identities = [value for _, key, value in read.attributes if key == "id"]
    assert len(identities) == len(set(identities))
    targets = {value[1:] for _, key, value in read.attributes if key == "href"}
    assert targets <= set(identities)


def test_the_page_has_every_section_and_the_answer_first(made: Forecast, folder: Path) -> None:
    read = Page((folder / "report.html").read_text("utf-8"))
    text = read.text
    titles = (
        "Objectives and ARR", "What must be true", "Since last time", "What it rests on", "Track record", "In detail",
        "Chance to meet the objectives", "Key figures", "How it may develop", "Where ARR comes from",
        "Members at milestones", "Time in adoption", "On track, drifting, away", "Team load and queues",
        "Interventions", "Renewal by number of terms", "Appendix", "Stated beside simulated",
        "Luck, or what we do not know",
        "Assumptions and evidence", "Method",
    )  # fmt: skip
    body = text[text.index("Every range holds") :]
    places = [body.rindex(f"{title} ") for title in titles]
    assert places == sorted(places)
    assert text.index(answer(made).headline) < text.index("Objectives and ARR")
    assert "prefers-color-scheme: dark" in text and "@media print" in text
    assert read.tags.count("svg") == 18 and sum(key == "aria-label" for _, key, _ in read.attributes) > 18
    for word in ("CRPS", "EVPPI", "jackknife", "percentile"):
        assert word not in text[: text.rindex("Method ")]
    assert made.facts.digest in text and "P10" in text and "membersim" in text


def test_markup_in_a_scenario_is_text(attacked: Path) -> None:
    read = Page((attacked / "report.html").read_text("utf-8"))
    assert "script" not in read.tags and "b" not in read.tags
    assert EVIL in read.text and f"{EVIL} <b>warning</b>" in read.text
    assert "3 of the 13 rows of the book" in read.text and "1 of these rows cannot be read" in read.text
    assert not [value for _, key, value in read.attributes if key.startswith("on")]


def test_no_cell_of_a_table_is_a_formula(attacked: Path) -> None:
    for path in (attacked / "tables").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file):
                for cell in row:
                    if cell.startswith(("=", "+", "-", "@", "\t", "\r")):
                        float(cell)


@pytest.mark.parametrize(
    "odd",
    [
        lambda: forecast(replications=3, periods="week", days=120),
        lambda: empty(replications=3, members=5, days=400),
    ],
    ids=["weeks", "still"],
)
def test_odd_forecasts_are_reported(odd: Callable[[], Forecast], tmp_path: Path) -> None:
    text = page(odd(), tmp_path).text
    assert " nan" not in text.lower() and "None" not in text and "inf%" not in text


def test_empty_sections_are_left_out_with_a_sentence(tmp_path: Path) -> None:
    read = page(empty(), tmp_path)
    assert " nan" not in read.text.lower() and "None" not in read.text
    assert "Teams: the scenario has none" in read.text and "no renewal is decided" in read.text
    assert "Team load and queues" not in read.text
    assert "This is one simulated future" in read.text


def test_a_constant_is_stated_as_one() -> None:
    said = answer(empty(replications=3, members=5, days=60))
    assert ("5", "in every future", "today 5") in [(one.value, one.likely, one.today) for one in said.tiles]
    assert said.headline.startswith("ARR on 13 May 2027 will be XXX 0 in every simulated future")


def test_key_figures_agree_with_the_forecast(made: Forecast) -> None:
    found = {(one.group.split(",")[0], one.name): one for one in key_figures(made)}
    summary = made.summary(by="horizon")
    for (group, label), one in found.items():
        if label in summary.index and "12 months" not in one.group:
            expected = summary.loc[label]
            assert (one.low, one.middle, one.high) == tuple(expected[["P10", "P50", "P90"]]), (group, label)


def test_rates_name_their_window(made: Forecast) -> None:
    labels = [one.label for one in key_figures(made) if one.name in RATES]
    assert len(labels) == len(set(labels)), "no two figures have one name"


def test_objectives_are_named_with_their_chance(made: Forecast) -> None:
    table = made.objectives()
    found = wishes(made)
    assert [one.chance for one in found] == table["probability"].tolist()
    assert "before 1 April 2027" in found[0].sentence and f"{found[0].chance:.0%}" in found[0].sentence


def test_renewal_by_term_has_the_curve_where_there_is_one(made: Forecast) -> None:
    found = renewal_terms(made, "individual")
    assert found is not None and found.curve is None and "must lie between" in found.why_not
    won = made.renewal_by_term().loc["individual"]
    assert found.overall == pytest.approx(won["won"].sum() / (won["won"] + won["lost"]).sum())


def test_tables_are_tidy(made: Forecast, folder: Path) -> None:
    tables = summary_tables(made)
    assert {path.stem for path in (folder / "tables").glob("*.csv")} == set(tables)
    for name, table in tables.items():
        assert table.columns.is_unique and all(isinstance(one, str) for one in table.columns), name
        back = pd.read_csv(folder / "tables" / f"{name}.csv")
        assert len(back) == len(table) and list(back.columns) == list(table.columns), name
    waterfall = tables["waterfall"].query("segment == 'all'").set_index("step")["mean"]
    assert waterfall.drop("close").sum() == pytest.approx(waterfall["close"])
    assert tables["futures"]["arr"].mean() == pytest.approx(waterfall["close"])


def test_evidence_counts_every_number_once() -> None:
    made = forecast(replications=4)
    text = """
segments:
  individual:
    arrivals: {per_month: 90, growth: 0 per year}
    arr: {value: {lognormal: {median: 320, spread: 0.35}}, evidence: own, source: ledger}
    renewal: {probability: {value: 93%, evidence: published}, escalation: 1.0}
    sizes: {empirical: [1, 2, 3, 4]}
    hired: 2027-04-01
    on: true
objectives: {x: {at_least: 5}}
"""
    object.__setattr__(made.facts, "yaml", text)
    table = evidence_table(made)
    assert table["numbers"].to_dict() == {"own": 2, "published": 1, "prior": 1, "not stated": 2}
    assert table["assumptions"].to_dict() == {"own": 0, "published": 0, "prior": 1, "not stated": 0}
