"""Import Keras once, silently, before autodoc does: TensorFlow's log is no part of a build."""

from sphinx.application import Sphinx

from lrdecay.lab.quiet import quiet


def setup(app: Sphinx) -> dict:
    """Register the extension with Sphinx."""
    with quiet():
        import keras  # noqa: F401, PLC0415
    return {"parallel_read_safe": True, "parallel_write_safe": True}
