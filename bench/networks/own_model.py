"""A model that a user's function builds from the shape of an example and the number of classes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras

from bench.core.errors import UsageError

REGULARIZING = (
    "Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "AlphaDropout",
    "GaussianDropout", "GaussianNoise", "BatchNormalization", "LayerNormalization",
    "GroupNormalization", "UnitNormalization", "RMSNormalization", "SpectralNormalization",
    "ActivityRegularization", "RandomFlip", "RandomCrop", "RandomRotation", "RandomZoom",
    "RandomTranslation", "RandomContrast", "RandomBrightness", "MixUp", "CutMix", "RandAugment",
    "RandomErasing", "AugMix",
)  # fmt: skip
"""Layers of Keras that regularize or normalize."""


def built(make: Callable[..., keras.Model], sizes: Mapping[str, Any]) -> keras.Model:
    """Call a user's function `make(input_shape, classes)`, which may have a parameter `vocabulary` too.

    Raises:
        UsageError: it takes other parameters.
    """
    parameters = inspect.signature(make).parameters.values()
    names = [p.name for p in parameters if p.kind is not p.VAR_KEYWORD]
    required = [p.name for p in parameters if p.default is p.empty and p.name in names]
    if set(required) <= sizes.keys():
        return make(**{name: value for name, value in sizes.items() if name in names})
    if len(required) == 2:
        return make(sizes["input_shape"], sizes["classes"])
    raise UsageError(
        f"{make.__name__} takes {', '.join(names)}; it must take input_shape and classes"
        + (", and may take vocabulary" if "vocabulary" in sizes else "")
    )


def inside(model: keras.Model) -> tuple[str, ...]:
    """List the regularizing and normalizing layers of a model, each kind once with its number."""
    counts: dict[str, int] = {}
    for layer in _layers(model):
        name = type(layer).__name__
        if name in REGULARIZING:
            rate = getattr(layer, "rate", None)
            name = f"{name} {rate:g}" if isinstance(rate, float) else name
            counts[name] = counts.get(name, 0) + 1
        for kind in ("kernel_regularizer", "bias_regularizer", "activity_regularizer",
                     "kernel_constraint", "embeddings_regularizer"):  # fmt: skip
            if getattr(layer, kind, None) is not None:
                counts[kind] = counts.get(kind, 0) + 1
        for kind in ("dropout", "recurrent_dropout"):
            if isinstance(rate := getattr(layer, kind, None), float) and rate:
                counts[f"{name} {kind} {rate:g}"] = 1
    return tuple(f"{name} x{count}" if count > 1 else name for name, count in counts.items())


def _layers(layer: keras.layers.Layer) -> Iterator[keras.layers.Layer]:
    """Yield all layers of a model, those of models and wrappers in it included."""
    flattened = getattr(layer, "_flatten_layers", None)
    yield from (flattened(include_self=False) if flattened else ())
