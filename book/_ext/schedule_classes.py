"""``.. schedules::`` documents every schedule that is one formula, so that none is forgotten."""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from lrdecay.schedules import LEAVES


class SchedulesDirective(SphinxDirective):
    """``.. schedules::`` in reStructuredText."""

    def run(self) -> list[nodes.Node]:
        """Return what autodoc says of each class, and of its other ways to be made."""
        lines = []
        for cls in LEAVES:
            makers = ", ".join(name for name in vars(cls) if name.startswith("from_"))
            lines += [f".. autoclass:: lrdecay.{cls.__name__}"]
            lines += [f"   :members: {makers}", ""] if makers else [""]
        return self.parse_text_to_nodes("\n".join(lines))


def setup(app: Sphinx) -> dict:
    """Add the directive."""
    app.add_directive("schedules", SchedulesDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
