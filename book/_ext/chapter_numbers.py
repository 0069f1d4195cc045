"""Number a chapter by its file: ``07-advantages`` is chapter 7, whatever comes before it.

So the text can say "chapter 7", and no number moves when a chapter is added.
"""

import re
from pathlib import PurePosixPath

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx_external_toc.collectors import TocTreeCollectorWithStyles as Collector

count_chapters = Collector.assign_section_numbers


def number_by_file(self: Collector, env: BuildEnvironment) -> list[str]:
    """Let the collector count, then put the file's number in the first place."""
    changed = count_chapters(self, env)
    for docname, numbers in env.toc_secnumbers.items():
        prefix = re.match(r"\d+", PurePosixPath(docname).name)
        if prefix is None:
            continue
        chapter = int(prefix.group())
        for anchor, number in numbers.items():
            numbers[anchor] = number and (chapter, *number[1:])
        for node in [env.titles[docname], *env.tocs[docname].findall(nodes.reference)]:
            if node.get("secnumber"):
                node["secnumber"] = [chapter, *node["secnumber"][1:]]
    return changed


def setup(app: Sphinx) -> dict:
    """Register the extension with Sphinx."""
    Collector.assign_section_numbers = number_by_file
    return {"parallel_read_safe": True, "parallel_write_safe": True}
