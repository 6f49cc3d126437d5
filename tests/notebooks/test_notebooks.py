"""The notebooks as files: paired, complete, and without a trace of the machine that made them. nbmake executes them."""

from __future__ import annotations

import re
from pathlib import Path

import jupytext
import nbformat
import pytest

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
FILES = sorted(NOTEBOOKS.glob("*.ipynb"))
IDS = [path.stem for path in FILES]


def test_there_are_five_and_each_has_a_text() -> None:
    assert len(FILES) == 5
    assert [path.stem for path in sorted(NOTEBOOKS.glob("*.md"))] == IDS


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_a_notebook_and_its_text_agree(path: Path) -> None:
    notebook, text = jupytext.read(path), jupytext.read(path.with_suffix(".md"))
    assert notebook.metadata["jupytext"]["formats"] == "ipynb,md"
    cells, paired = ([(one.cell_type, one.source) for one in each.cells] for each in (notebook, text))
    assert cells == paired, f"run: jupytext --sync {path.name}"


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_a_notebook_has_its_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [one for one in notebook.cells if one.cell_type == "code"]
    assert [one.execution_count for one in code] == list(range(1, len(code) + 1)), "it was run once, from top to bottom"
    kinds = [kind for one in code for output in one.outputs for kind in output.get("data", {})]
    assert "image/png" in kinds and "text/html" in kinds
    for one in code:
        assert not any(output.output_type == "error" for output in one.outputs)
        assert not any(output.get("name") == "stderr" for output in one.outputs), "a warning is no part of a lesson"
        last = one.source.rstrip().splitlines()[-1]
        if re.search(r"\.plot\(.*\);$", last):
            assert any("image/png" in output.get("data", {}) for output in one.outputs), last


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_a_notebook_says_nothing_of_the_machine(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    texts = [one.source for one in notebook.cells]
    for one in notebook.cells:
        for output in one.get("outputs", []):
            texts += [str(text) for kind, text in output.get("data", {}).items() if kind != "image/png"]
            texts.append(output.get("text", ""))
    for text in texts:
        assert not re.search(r"(?<![\w.:<])/(?:home|root|tmp|work|usr|Users|private)/", text)
        assert " at 0x" not in text


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_what_a_notebook_links_to_is_there(path: Path) -> None:
    text = path.with_suffix(".md").read_text("utf-8")
    for link in re.findall(r"\]\(([^)]+)\)", text):
        assert (path.parent / link).exists(), link
