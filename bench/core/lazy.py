"""TensorFlow and Keras, imported at the first use of a name in them.

`import tensorflow` takes four seconds and more. Strategy files are read by `bench list` and
`bench --help`, which need their facts and not TensorFlow; so they take `tf` and `keras` from here.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any


class LazyModule:
    """Stands for a module and imports it when an attribute is first asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(importlib.import_module(self._name), attribute)

    def __repr__(self) -> str:
        return f"<lazy module {self._name}>"


if TYPE_CHECKING:
    import keras
    import tensorflow as tf
else:
    keras = LazyModule("keras")
    tf = LazyModule("tensorflow")

__all__ = ["keras", "tf"]
