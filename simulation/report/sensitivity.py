"""The page on a sensitivity: the answer in a sentence, then what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from simulation.experiment.information import ENOUGH, EVERYTHING, LUCK_TOO
from simulation.experiment.sensitivity import IS_BEST, LEAD, TORNADO
from simulation.experiment.sobol import LUCK
from simulation.report import sensitivity_figures as figures
from simulation.report.album import Album
from simulation.report.amounts import amount
from simulation.report.comparison_words import lower_first
from simulation.report.csvfile import write_bytes, write_csv
from simulation.report.page import Block, Cell, Facts, Page, Section, Table, Text, rendered
from simulation.report.words import MISSING, at_end, day, name, number, path_words, span

if TYPE_CHECKING:
    from simulation.experiment.sensitivity import Choice, Sensitivity

__all__ = ["answer", "points", "sensitivity_page", "sensitivity_tables", "swings", "write_sensitivity"]

LITTLE = 0.1
"""Below this share of the variance what we do not know is not worth a name."""
UNTOLD = 0.6
"""A share whose interval is wider than this says nothing."""


def answer(found: Sensitivity) -> str:
    """Return the answer in one sentence: on the choice where there is one, else on the measure."""
    return _unknown(found) if found.choice is None else _favourite(found, found.choice)


def _unknown(found: Sensitivity) -> str:
    """Where what we do not know about the measure comes from."""
    subject = _subject(found)
    spread, table = found.spread, found.now.table().drop(index=LUCK).sort_values("share", ascending=False)
    if np.isnan(spread.ignorance_share) or table["share"].isna().all():
        return f"{subject} is the same in every simulated future: nothing moves it."
    if not spread.share_high > LITTLE:
        return (
            f"Hardly any of the spread of {subject} comes from what we do not know (at most {spread.share_high:.0%}): "
            "it is luck, and no assumption matters much."
        )
    first = table.iloc[0]
    words = f"“{path_words(str(table.index[0]))}” ({_share(first)})"
    if first["share_low"] > 0.5:
        return f"Most of what we do not know about {subject} comes from {words}."
    if first["share_high"] - first["share_low"] > UNTOLD and len(table) > 1:
        return (
            f"{found.points} base samples are too few to say which of {len(table)} assumptions {subject} depends on "
            "most."
        )
    close = [str(factor) for factor in table.index[1:] if table["share_high"][factor] >= first["share_low"]]
    if not close:
        return f"The largest part of what we do not know about {subject} comes from {words}."
    second = table.loc[[close[0]]].iloc[0]
    others = f" and {len(close) - 1} more" if len(close) > 1 else ""
    return (
        f"What we do not know about {subject} comes from {words}, “{path_words(close[0])}” ({_share(second)}){others}; "
        f"{found.points} base samples cannot put them in order."
    )


def points(found: Sensitivity) -> list[str]:
    """Return what to say after the answer."""
    spread, what, currency = found.spread, found.question.what, found.base.frame.currency
    said = [] if found.choice is None else [*_worth(found, found.choice), _unknown(found)]
    if np.isfinite(spread.ignorance_share):
        ends = f" (95% interval {spread.share_low:.0%} to {spread.share_high:.0%})"
        said.append(
            f"What we do not know makes up {spread.ignorance_share:.0%} of the variance{ends}; the rest is luck, which "
            "no evidence removes."
        )
    if len(found.tornado) and found.tornado["swing"].iloc[0] > 0:
        factor, one = str(found.tornado.index[0]), found.tornado.iloc[0]
        value = found.ends(factor)
        low, high = (number(float(one["base"] + one[key]), what.unit, currency, float(one["swing"]))
                     for key in ("at_low", "at_high"))  # fmt: skip
        left, right = (amount(float(value[key]), str(value["kind"]), currency) for key in ("low", "high"))
        said.append(
            f"The widest swing: with “{path_words(factor)}” at {left} (its P10) {what.title} is {low}, at {right} "
            f"(its P90) it is {high}, all else at its median."
        )
    return said


def swings(found: Sensitivity) -> pd.DataFrame:
    """Return the tornado with its words: label, low_text and high_text (the assumption at its P10 and its P90)."""
    table, currency = found.tornado.copy(), found.base.frame.currency
    table.insert(0, "label", [path_words(str(factor)) for factor in table.index])
    ends = [found.ends(str(factor)) for factor in table.index]
    for end in ("low", "high"):
        table[f"{end}_text"] = [amount(float(one[end]), str(one["kind"]), currency) for one in ends]
    return table


def sensitivity_tables(found: Sensitivity) -> dict[str, pd.DataFrame]:
    """Return the tables by the name of their file."""
    tables = {
        "tornado": found.tornado.join(found.values),
        "sobol": found.now.to_frame(),
        "sobol_over_time": found.over_time.to_frame(),
    }
    if found.choice is not None:
        tables["sobol_of_the_choice"] = found.choice.indices.to_frame()
        tables["options"] = _options(found.choice)
        if found.choice.information is not None:
            tables["value_of_information"] = found.choice.information
    return tables


def write_sensitivity(found: Sensitivity, folder: Path) -> list[Path]:
    """Write report.html, tables/*.csv and figures/*.png; return the files, report.html first."""
    album = Album()
    page = sensitivity_page(found, album)
    files = [folder / "report.html"]
    write_bytes(files[0], rendered(page).encode())
    for key, table in sensitivity_tables(found).items():
        files.append(folder / "tables" / f"{key}.csv")
        write_csv(files[-1], table)
    return [*files, *album.write(folder / "figures")]


def sensitivity_page(found: Sensitivity, album: Album) -> Page:
    """The page, its figures kept in an album."""
    facts, frame = found.base.facts, found.base.frame
    sections = [_indices(found, album), _tornado(found, album), *_over_time(found, album)]
    if found.choice is not None:
        sections.append(_choice(found, found.choice, album))
    sections.append(_method(found))
    futures = sum(one.replications for one in found.futures.values())
    notices = []
    if found.points < 64:
        notices.append(f"Only {found.points} base samples: the intervals are wide; 256 and more are better.")
    short = int(found.now.samples[0])
    if short < found.points:
        notices.append(f"{found.question.what.title} is undefined in some futures: {short} base samples are used.")
    return Page(
        title=facts.name,
        description=facts.description,
        subtitle=f"{_subject(found)}; {futures:,} simulated futures, money in {frame.currency}",
        headline=answer(found),
        points=points(found),
        objectives=[],
        hint="Shares are shares of the variance (Sobol indices); intervals are 95% intervals.",
        notices=notices,
        sections=sections,
        footer=f"Made by membersim {found.base.version} with seed {found.base.seed}.",
        kind="Sensitivity",
    )


def _indices(found: Sensitivity, album: Album) -> Section:
    table = found.now.table()
    what = found.question.what
    blocks: list[Block] = [
        Text(
            f"Which assumption the spread of {_subject(found)} comes from. “Alone” is the part of the variance that "
            "would go if only this were known, “with its interactions” the part that would stay if all else were."
        ),
        *album.add(
            "sobol", figures.sobol(table, f"What the spread of {what.title} comes from"),
            "Sobol indices of each assumption and of luck, with intervals.",
        ),
        _index_table(table),
    ]  # fmt: skip
    return Section("indices", "What it depends on", blocks)


def _index_table(table: pd.DataFrame) -> Table:
    rows: list[list[Cell | str]] = []
    for factor, one in table.iterrows():
        label = Cell("luck") if factor == LUCK else Cell(path_words(str(factor)), str(factor))
        known = MISSING if factor == LUCK else _share(one)
        rows.append([label, *(_interval(one, key) for key in ("first", "total")), known])
    columns = ["What", "Alone, of the variance", "With its interactions", "Alone, of what we do not know"]
    return Table(columns, rows, narrow=True)


def _tornado(found: Sensitivity, album: Album) -> Section:
    what, currency = found.question.what, found.base.frame.currency
    rows: list[list[Cell | str]] = []
    for factor, one in found.tornado.iterrows():
        value = found.ends(str(factor))
        cells = []
        for end in ("low", "high"):
            effect = number(float(one[f"at_{end}"]), what.unit, currency, float(one["swing"]))
            interval = span(float(one[f"at_{end}_from"]), float(one[f"at_{end}_to"]), what.unit, currency)
            cells.append(Cell(amount(float(value[end]), str(value["kind"]), currency), ""))
            cells.append(Cell(effect, interval))
        rows.append([Cell(path_words(str(factor)), str(factor)), *cells])
    blocks: list[Block] = [
        Text(
            f"Each assumption at its P10 and at its P90, all others at their medians, on the same {TORNADO} futures: "
            "what differs is the assumption, not the luck."
        ),
        *album.add("tornado", figures.tornado(found), "Bars: the measure with each assumption at its P10 and P90."),
        Table(["Assumption", "P10", "effect", "P90", "effect"], rows),
    ]
    if (found.values["fields"] > 1).any():
        blocks.append(Text("A group that was fitted together is shown by its first field, whose rows give the order."))
    return Section("tornado", "How far each one moves it", blocks)


def _over_time(found: Sensitivity, album: Album) -> list[Section]:
    picture = album.add(
        "over_time", figures.shares_over_time(found),
        "Areas: the part of the variance of each period that comes from each assumption, from several together "
        "and from luck.",
    )  # fmt: skip
    if not picture:
        return []
    text = Text(
        "Shares of the variance of each period; estimates below zero are set to zero, and all are scaled to 100%."
    )
    return [Section("time", "Over time", [text, *picture])]


def _choice(found: Sensitivity, choice: Choice, album: Album) -> Section:
    what, currency = found.question.what, found.base.frame.currency
    rows: list[list[Cell | str]] = [
        [
            Cell(name(option), found.futures[option].facts.name),
            number(choice.means[option], what.unit, currency),
            Cell(f"{one.value:.0%}", f"{one.low:.0%} to {one.high:.0%}"),
        ]
        for option, one in choice.chances.items()
    ]
    columns = ["Option", f"Mean {what.title}", "Better than every other in so many futures"]
    caption = f"In {choice.tied.value:.0%} of the futures several are equally good" if choice.tied.value > 0 else ""
    blocks: list[Block] = [Table(columns, rows, narrow=True, caption=caption)]
    lead = choice.indices.table(choice.indices.labels.index(LEAD))
    heading = f"What the lead of {name(choice.favourite, 24)} depends on"
    blocks += album.add("lead", figures.sobol(lead, heading), "Sobol indices of the difference to the next best.")
    chance = choice.chances[choice.favourite].value
    if LITTLE <= chance <= 1 - LITTLE:
        best = choice.indices.table(choice.indices.labels.index(IS_BEST))
        heading = f"What decides whether {name(choice.favourite, 24)} is best"
        blocks += album.add("is_best", figures.sobol(best, heading), "Sobol indices of being the best option.")
    if choice.information is not None:
        picture = album.add(
            "information", figures.information(found), "Bars: the value of knowing each assumption before choosing."
        )
        blocks += picture
        blocks.append(_information(choice, choice.information, what.unit, currency))
    return Section("choice", "The choice", blocks)


def _information(choice: Choice, table: pd.DataFrame, unit: str, currency: str) -> Table:
    rows: list[list[Cell | str]] = []
    for known, one in table.iterrows():
        plain = known in (EVERYTHING, LUCK_TOO) or ": " in str(known)
        label = Cell(str(known)) if plain else Cell(path_words(str(known)), str(known))
        value, error = float(one["evppi"]), float(one["error"])
        part = MISSING if known == LUCK_TOO or not np.isfinite(one["share"]) else f"{one['share']:.0%}"
        rows.append(
            [label, number(value, unit, currency, 4 * error), f"± {number(1.96 * error, unit, currency)}", part]
        )
    columns = ["Knowing", "is worth", "95%", "of knowing all assumptions"]
    return Table(columns, rows, caption=f"The value of information before choosing.{_flattered(choice)}")


def _favourite(found: Sensitivity, choice: Choice) -> str:
    """Which option is the best, how surely, and what that hangs on."""
    chance, tied, title = choice.chances[choice.favourite], choice.tied, found.question.what.title
    if tied.value == 1:
        return f"No option is the best: {title} of several of the {len(choice.means)} is the same in every future."
    favourite = "The base" if choice.favourite == "base" else f"“{name(choice.favourite)}”"
    text = (
        f"{favourite} has the best {lower_first(title)} of {len(choice.means)} options on average"
        f" and is better than every other in {chance.value:.0%} of the futures ({chance.low:.0%} to {chance.high:.0%})"
    )
    if tied.value > 0:
        text += f", and several are equally good in {tied.value:.0%}"
    lead = choice.indices.table(choice.indices.labels.index(LEAD)).drop(index=LUCK)
    if not lead["share"].notna().any():
        return f"{text}."
    top = lead.sort_values("share", ascending=False).iloc[0]
    if top["share_high"] - top["share_low"] > UNTOLD:
        return f"{text}; {found.points} base samples are too few to say which assumption its lead depends on most."
    return f"{text}; its lead depends most on “{path_words(str(top.name))}” ({_share(top)})."


def _worth(found: Sensitivity, choice: Choice) -> list[str]:
    """What it would be worth to know more before choosing."""
    what, currency, table = found.question.what, found.base.frame.currency, choice.information
    if table is None:
        return []
    rows = table.to_dict("index")
    whole, error = rows[EVERYTHING]["evppi"], rows[EVERYTHING]["error"]
    few = _flattered(choice)
    if whole == 0:
        return ["It is the best whatever the assumptions turn out to be: knowing them is worth nothing here."]
    if whole <= 1.96 * error:
        most = number(whole + 1.96 * error, what.unit, currency)
        return [f"Knowing the assumptions would hardly change the choice: no study is worth more than {most}.{few}"]
    first = next(key for key in rows if key in found.design.names)
    text = f"{number(whole, what.unit, currency, 4 * error)} ± {number(1.96 * error, what.unit, currency)}"
    alone = number(rows[first]["evppi"], what.unit, currency, 4 * rows[first]["error"])
    known = f"“{path_words(str(first))}” alone {alone}"
    return [f"Knowing every assumption before choosing would be worth {text} of {what.title}; {known}.{few}"]


def _flattered(choice: Choice) -> str:
    """Say that the value of information is too high where few points stand behind it."""
    if not choice.flattered:
        return ""
    return (
        f" Only {choice.learnt_from} assumption points are behind this, fewer than {ENOUGH}, so it is too high where "
        "luck is large: take more base samples."
    )


def _method(found: Sensitivity) -> Section:
    design = found.design
    pairs = [
        ("Futures", f"{len(design.settings):,} of each scenario: {design.tornado:,} for the tornado, the others for "
         f"the Sobol indices ({found.points:,} base samples of {len(design.names) + 3} futures each)"),
        ("Luck", "a factor of its own: the two futures that a base sample starts from differ in luck as well, and one "
         "of its futures differs in nothing else. Every future has a single luck; nothing is averaged over it."),
        ("Sobol indices", "Saltelli's design on a scrambled Sobol sequence of the levels of the assumptions in their "
         "distributions (SALib); of the estimators of Saltelli et al. (2010) and Jansen (1999) the one with the "
         "smaller bootstrap error; intervals are percentiles of the bootstrap over base samples."),
        ("Groups", "what was fitted together stays together: a row of a joint file is one factor."),
        ("Value of information", "EVPPI by Gaussian-process regression of the differences between options on what "
         "would be learnt (Strong, Oakley & Brennan 2014); the error joins that of the regression and of the sample."),
        *(("Scenario", f"{key}: {one.facts.name}, SHA-256 {one.facts.digest}") for key, one in found.futures.items()),
    ]  # fmt: skip
    return Section("method", "Method", [Facts(pairs)])


def _options(choice: Choice) -> pd.DataFrame:
    rows = {
        option: (choice.means[option], one.value, one.low, one.high, option == choice.favourite)
        for option, one in choice.chances.items()
    }
    columns = ["mean", "best", "best_low", "best_high", "favourite"]
    return pd.DataFrame(rows.values(), columns=columns, index=pd.Index(list(rows), name="option"))


def _subject(found: Sensitivity) -> str:
    """Return the measure with its narrowing and its moment."""
    what, where = found.question.what, list(found.question.where.values())
    when = date.fromisoformat(found.question.moment(found.base))
    of = f" of {', '.join(name(one) for one in where)}" if where else ""
    if what.nature == "stock":
        return f"{what.title}{of} {at_end(when)}"
    return f"{what.title}{of} from {day(found.base.frame.start)} to {at_end(when).split(' ', 1)[1]}"


def _share(one: pd.Series) -> str:
    low, middle, high = (float(np.clip(one[key], 0, 1)) for key in ("share_low", "share", "share_high"))
    return f"{middle:.0%}, {100 * low:.0f} to {100 * high:.0f}"


def _interval(one: pd.Series, key: str) -> Cell:
    values: Sequence[float] = [float(np.clip(one[part], 0, 1)) for part in (key, f"{key}_low", f"{key}_high")]
    if not np.isfinite(values[0]):
        return Cell(MISSING)
    return Cell(f"{values[0]:.0%}", f"{values[1]:.0%} to {values[2]:.0%}")
