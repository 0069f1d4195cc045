"""What holds for every stored notebook, whatever it teaches."""

import json
import re
from html import escape
from pathlib import Path

import notebooks
import project_files
import pytest
import stage
import yaml

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = [path for path in project_files.known(ROOT / "book") if path.suffix == ".ipynb"]
TAGS = {
    "claim",
    "depends-on-data",
    "hide-cell",
    "hide-input",
    "hide-output",
    "nbval-ignore-output",
    "raises-exception",
    "remove-cell",
    "remove-input",
    "remove-output",
}
SECONDS = {"05-mnist-in-nine-steps": 120}  # all others: 60
MEGABYTES = 1000

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def code_cells(path):
    return [cell for cell in load(path)["cells"] if cell["cell_type"] == "code"]


def tags(cell):
    return cell["metadata"].get("tags", [])


def source(cell):
    return "".join(cell["source"])


def test_the_table_of_contents_lists_every_notebook():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    listed = {entry["file"] for part in toc["parts"] for entry in part["chapters"]}
    there = {p.relative_to(ROOT / "book").with_suffix("").as_posix() for p in NOTEBOOKS}
    template = notebooks.name(notebooks.TEMPLATE)
    assert template in there  # every test below is one of the template too
    assert there - {template} <= listed
    assert template not in listed


def test_the_template_is_no_page_of_the_site(tmp_path):
    stage.stage(tmp_path)
    assert (tmp_path / "foundations").is_dir()
    assert list(tmp_path.rglob("_template.ipynb")) == []


def test_the_template_has_every_part_of_a_chapter():
    cells = load(notebooks.TEMPLATE)["cells"]
    text = "\n\n".join(source(cell) for cell in cells if cell["cell_type"] == "markdown")
    first = text.split("\n\n")[1]
    assert re.search(r"\*\*[^*]+\?\*\*", first)  # the question, for the map of the front page
    assert "**Predict first**" in text
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings[-4:] == ["What would change our mind", "Summary", "Exercises", "References"]
    drawn = {kind for cell in code_cells(notebooks.TEMPLATE) for o in cell["outputs"]
             for kind in o.get("data", {})}  # fmt: skip
    assert {"text/latex", "image/png", "application/vnd.vegalite.v5+json"} <= drawn
    assert {tag for cell in code_cells(notebooks.TEMPLATE) for tag in tags(cell)} >= {"claim"}


@each_notebook
def test_is_stored_executed_on_mnist(path):
    metadata = load(path)["metadata"]
    assert "lrdecay" in metadata, "run `make refresh`"
    assert metadata["lrdecay"]["data"] in {"MNIST", "none"}
    counts = [cell["execution_count"] for cell in code_cells(path) if source(cell).strip()]
    assert counts == list(range(1, len(counts) + 1))


@each_notebook
def test_stays_within_its_time_and_memory(path):
    record = load(path)["metadata"]["lrdecay"]
    assert record["seconds"] <= SECONDS.get(path.stem, 60)
    assert record["peak_mb"] <= MEGABYTES


@each_notebook
def test_shows_no_stderr_and_no_error(path):
    for cell in code_cells(path):
        for output in cell["outputs"]:
            assert output.get("name") != "stderr", source(cell)
            if output["output_type"] == "error":
                assert "raises-exception" in tags(cell), source(cell)


@each_notebook
def test_uses_only_tags_that_mean_something(path):
    assert {tag for cell in code_cells(path) for tag in tags(cell)} <= TAGS


@each_notebook
def test_what_is_not_compared_is_claimed(path):
    """After cells whose output is not compared comes a cell that claims what must hold."""
    open_cell = None
    for cell in code_cells(path):
        if "claim" in tags(cell):
            assert re.search(r"\bassert\b|assert_\w+\(", source(cell)), source(cell)
            open_cell = None
        elif "nbval-ignore-output" in tags(cell):
            open_cell = source(cell)
    assert open_cell is None, f"no claim after: {open_cell}"


@each_notebook
def test_every_figure_has_a_description(path):
    for cell in code_cells(path):
        if any("image/png" in output.get("data", {}) for output in cell["outputs"]):
            text = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
            assert len(text) > 30, source(cell)
            assert f'alt="{escape(text)}"' in cell["outputs"][-1]["data"]["text/html"]  # for Lab


@each_notebook
def test_every_explorer_has_a_description_and_named_sliders(path):
    for cell in code_cells(path):
        for output in cell["outputs"]:
            spec = output.get("data", {}).get("application/vnd.vegalite.v5+json")
            if spec:
                assert len(spec["description"]) > 30
                assert not {"config", "$schema"} & set(spec)
                assert any(len(p.get("bind", {}).get("name", "")) > 2 for p in spec["params"])


@each_notebook
def test_has_exercises_with_solutions(path):
    text = "\n\n".join(source(cell) for cell in load(path)["cells"])
    _, part = re.split(r"^## Exercises$", text, flags=re.MULTILINE)
    headings = re.findall(r"^##+ .*$", re.split(r"^## ", part, flags=re.MULTILINE)[0], re.MULTILINE)
    assert len(headings) >= 4
    assert all(heading.startswith("### ") for heading in headings[::2])
    assert set(headings[1::2]) == {"#### Solution"}


@each_notebook
def test_claims_are_folded_unless_they_are_solutions(path):
    heading = ""
    for cell in load(path)["cells"]:
        if cell["cell_type"] == "markdown":
            found = re.findall(r"^#+ .*", source(cell), re.MULTILINE)
            heading = found[-1] if found else heading
        elif "claim" in tags(cell) and not heading.endswith((" Solution", " Answer")):
            assert "hide-input" in tags(cell), source(cell)
            assert cell["metadata"]["jupyter"]["source_hidden"]


@each_notebook
def test_what_the_reader_is_to_try_has_an_answer(path):
    cells = load(path)["cells"]
    explorer = r"(foundations|comparison|practice)\.\w+\(.*\)"
    shown = [n for n, cell in enumerate(cells) if re.fullmatch(explorer, source(cell))]
    assert shown
    for number in shown:
        answer = cells[number + 1]
        assert source(answer) == "### Answer"
        assert answer["metadata"]["jp-MarkdownHeadingCollapsed"]
        assert "claim" in tags(cells[number + 2])  # executed
