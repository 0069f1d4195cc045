"""Keep the pages light: when the site is written, what a page does not use is taken out of it.

The theme loads 1.5 MB of script for a few icons, and each extension its script on every page.
"""

import base64
import io
import logging
import re
import shutil
from collections.abc import Collection
from pathlib import Path

from fontTools import subset
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

# What is loaded for an element, and a sign that a page has such an element.
NEEDED_FOR = {
    "togglebutton|toggleHint|toggleOpen": (
        r'class="(?:[^"]* )?toggle[ "]|class="(?=[^"]*\badmonition\b)[^"]*\bdropdown\b'
    ),
    "copybutton|clipboard": 'class="highlight',
    "sphinx-design|design-tabs": 'class="(?:[^"]* )?sd-',
    "mystnb": 'class="(?:[^"]* )?cell[ "]',
    "searchtools|language_data|searchindex": 'id="search-results"',
    "fontawesome": "(?!)",  # The icons are in the style sheet.
    'rel="preload"': "(?!)",  # It would come before what is seen first.
}
LOADING = re.compile(r"\s*<(?:script\b[^>]*>[^<]*</script>|link\b[^>]*>)")
# Scripts in the head, but for the one whose values scripts within the page set.
WAITED_FOR = re.compile(
    r'<script(?=[^>]* src="(?![^"]*documentation_options))(?![^>]* (?:defer|async))'
)
BASIC = re.compile(r"styles/theme\.css\?[^\"]*")  # It does nothing but load basic.css.
# The figures of the cells come after what is seen first.
FIGURE = re.compile(r'<img (?=[^>]*src="[^"]*_images/[0-9a-f]{64})(?!fetchpriority)')
LATE = '<img fetchpriority="low" decoding="async" '
# The theme finds out only in its script whether the reader's choice is dark, which styles all anew.
COLORS = 'localStorage.getItem("theme") || "auto"'
CHOSEN = """["light", "dark"].find((theme) => theme === document.documentElement.dataset.mode)
      ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")"""

ICON = re.compile(r'((?:\.fa-[\w-]+:before,?)+)\{content:"\\?([^"]*)"\}')
FONT = re.compile(r'src:url\([^)]*\) format\("woff2"\),url\(([^)]*)\) format\("truetype"\)')
PRIVATE = re.compile("[\ue000-\uf8ff]")
MAP = re.compile(r"/[/*]# sourceMappingURL=.*?(?:\*/|$)\s*", re.MULTILINE)


def lightened(page: str) -> str:
    """Return the HTML of a page without what it does not use."""
    head, end, body = page.partition("</head>")
    for loaded, sign in NEEDED_FOR.items():
        if not re.search(sign, body):
            head, body = (
                LOADING.sub(lambda tag: "" if re.search(loaded, tag[0]) else tag[0], part)  # noqa: B023
                for part in (head, body)
            )
    if "searchtools" not in head:
        head = WAITED_FOR.sub("<script defer", head)
    head = BASIC.sub("basic.css", head).replace(COLORS, CHOSEN)
    # Without JavaScript nobody chooses, and a page without a theme has no colors.
    head = head.replace('data-theme="auto"', 'data-theme="light"')
    return head + end + FIGURE.sub(LATE, body)


def icon_names(page: str) -> set[str]:
    """Return the names of the icons in a page or a script.

    >>> sorted(icon_names('<i class="fa-solid fa-bars"></i> and <i class="fas fa-moon fa-lg">'))
    ['fa-bars', 'fa-lg', 'fa-moon', 'fa-solid']
    """
    return set(re.findall(r"(?<=[\s\"'])fa-[a-z0-9-]+(?=[\s\"'])", page))


def embedded(font: Path, characters: Collection[str]) -> str:
    """Return the address that holds these characters of a font."""
    options = subset.Options(layout_features=[], hinting=False)
    subsetter = subset.Subsetter(options)
    subsetter.populate(text="".join(characters))
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    with subset.load_font(font, options) as opened:
        subsetter.subset(opened)
        opened.flavor = "woff"
        opened.save(file := io.BytesIO())
    return f"data:font/woff;base64,{base64.b64encode(file.getvalue()).decode()}"


def with_icons(style: str, folder: Path, names: set[str]) -> str:
    """Return the theme's style sheet with the icons of these names and no others."""
    if unknown := {name for name in names if not re.search(rf"\.{name}\b(?!-)", style)}:
        raise ExtensionError(f"the theme has no icons of the names {', '.join(sorted(unknown))}")
    characters = set(PRIVATE.findall(style))

    def rule(match: re.Match) -> str:
        used = [name for name in match[1].split(",") if name[1 : -len(":before")] in names]
        if not used:
            return ""
        characters.add(chr(int(match[2], 16)))
        # The second value says nothing to screen readers, where a browser knows it.
        return ",".join(used) + f'{{content:"\\{match[2]}";content:"\\{match[2]}"/""}}'

    style = ICON.sub(rule, style)
    return FONT.sub(
        lambda match: f'src:url({embedded(folder / match[1], characters)}) format("woff")', style
    )


def lighten(app: Sphinx, error: Exception | None) -> None:
    """Lighten what was written."""
    if error or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    for pattern in ("**/*.map", "**/fontawesome.js*", "*macros.html"):
        for path in static.glob(pattern):
            path.unlink()
    names = set()
    for path in Path(app.outdir).rglob("*.html"):
        page = lightened(path.read_text(encoding="utf-8"))
        names |= icon_names(page)
        path.write_text(page, encoding="utf-8")
    for path in [*static.rglob("*.js"), *static.rglob("*.css")]:
        text = path.read_text(encoding="utf-8")
        names |= icon_names(text)
        path.write_text(MAP.sub("", text), encoding="utf-8")
    style = static / "styles" / "pydata-sphinx-theme.css"
    text = with_icons(style.read_text(encoding="utf-8"), style.parent, names)
    style.write_text(text, encoding="utf-8")
    shutil.rmtree(static / "vendor" / "fontawesome")


def setup(app: Sphinx) -> dict:
    """Register the extension with Sphinx."""
    app.connect("build-finished", lighten, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
