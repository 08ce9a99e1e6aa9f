"""TensorFlow and Keras, imported at the first use of a name in them.

`import tensorflow` takes more than four seconds. `bench list` and `bench --help` read the files of
all strategies and need their facts only, so strategies take `tf` and `keras` from here.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any


class LazyModule:
    """A stand-in for a module, which it imports when an attribute is first asked for."""

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
