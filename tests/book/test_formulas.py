"""Every formula is set when the site is built, in the color of its text, and said in MathML."""

import re
import subprocess
import sys
from pathlib import Path

import built_site as site
import pytest
from bs4 import BeautifulSoup

EXTENSIONS = Path(__file__).resolve().parents[2] / "book" / "_ext"
BRACKETS = re.compile(r"\\[()\[\]]")

built = pytest.mark.skipif(not site.BUILT, reason=site.WHY_NOT)


def faults(page: BeautifulSoup) -> list[str]:
    """Return the formulas that are not set, or that a keyboard stops at."""
    return [
        formula.get_text()
        for formula in page.select(".math")
        if not formula.select("mjx-container > svg[aria-hidden] :is(path, rect, text)")
        or not formula.select("mjx-spoken > math > *")
        or formula.select("[tabindex], merror, [data-mjx-error]")
        or BRACKETS.search(formula.get_text())
    ]


@built
@pytest.mark.parametrize("page", site.PAGES)
def test_every_formula_is_set(page):
    assert faults(site.soup(page)) == []


@built
@pytest.mark.parametrize("page", site.PAGES)
def test_no_page_asks_for_mathjax(page):
    for script in site.soup(page).select("script"):
        assert "mathjax" not in (script.get("src", "") + script.get_text()).lower()


@built
def test_the_site_has_formulas_and_no_mathjax():
    assert sum(len(site.soup(page).select(".math")) for page in site.PAGES) > 300
    assert [path for path in site.HTML.rglob("*") if "mathjax" in path.name.lower()] == []


CONF = f"""
import sys
sys.path.insert(0, {str(EXTENSIONS)!r})
extensions = ["myst_parser", "formulas"]
myst_enable_extensions = ["amsmath", "dollarmath"]
html_math_renderer = "svg"
"""


@pytest.fixture
def build(tmp_path):
    """Return a function that builds pages as a site, and returns what Sphinx says."""

    def run(**pages):
        (tmp_path / "conf.py").write_text(CONF, encoding="utf-8")
        for name, text in pages.items():
            (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
        return subprocess.run(
            [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", ".", "out"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_formulas_of_every_kind_are_set(build, tmp_path):
    kinds = [
        "$x$",
        r"$a < b \& c > d$, $\text{é}$",
        "$$\na \\\\ b\n$$",
        "$$\nx = 1\n$$ (named)\n\nSee {eq}`named`.",
        "\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}",
        r"$$\begin{array}{c|c} a & b \\ \hline c & d \end{array}$$",
        r"$$\begin{cases} 1 & t < 0 \\ 2 & \text{else} \end{cases}$$",
        "```{math}\n:label: other\na = b\n\nc = d\n```",
        "| table |\n|:--|\n| $\\lfloor t/n \\rfloor$ |",
        "## A heading with $\\alpha$",
    ]
    done = build(index="# Title with $x$\n\n" + "\n\n".join(kinds))
    assert done.returncode == 0, done.stderr
    page = BeautifulSoup((tmp_path / "out" / "index.html").read_text("utf-8"), "html.parser")
    assert len(page.select(".body .math")) == len(kinds) + 2
    assert faults(page) == []
    assert "(1)" in page.select_one("#equation-named").get_text()


DAMAGED = {
    r"\frac{1": "Missing close brace",
    r"\etta_0": r"Undefined control sequence \etta",
    "x^": "Missing superscript",
    "a & b": "Misplaced &",
    r"\alpha}": "Extra close brace",
}


def test_damaged_formulas_are_named_with_their_page(build):
    pages = {f"page{n}": f"# {n}\n\n${tex}$" for n, tex in enumerate(DAMAGED)}
    toc = "\n".join(pages)
    done = build(index=f"# Title\n\n```{{toctree}}\n{toc}\n```", **pages)
    assert done.returncode != 0
    for n, (tex, reason) in enumerate(DAMAGED.items()):
        line = next(line for line in done.stderr.splitlines() if f"page{n}.md:3" in line)
        assert reason in line
        assert line.endswith(tex)
