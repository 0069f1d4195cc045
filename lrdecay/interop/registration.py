"""Tell Keras of our schedules as soon as both are imported, so that it can load saved models.

Keras only makes objects of classes that have been registered. To import `lrdecay.interop.keras`
registers ours, but would load Keras, which takes seconds. So it is imported when Keras is.
"""

import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


def register() -> None:
    """Register now if Keras is there, else right after its import."""
    keras = sys.modules.get("keras")
    if keras is None:
        sys.meta_path.insert(0, _WhenKerasIsImported())
    elif not getattr(keras.__spec__, "_initializing", False):
        _import_adapter()


def _import_adapter() -> None:
    # Whoever imports Keras need not want ours; `to_keras` says what is wrong.
    with suppress(ImportError, AttributeError):
        import_module("lrdecay.interop.keras")


class _WhenKerasIsImported:
    """A finder that leaves the finding to the others, and adds to what is done on import."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != "keras":
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(name, path, target)
            if spec and spec.loader:
                _add_to(spec.loader)
                return spec
        return None


def _add_to(loader: Any) -> None:
    execute = loader.exec_module

    def execute_and_register(module: ModuleType) -> None:
        execute(module)
        _import_adapter()

    loader.exec_module = execute_and_register
