"""Check a user's model in a process of its own: `python -m bench.plugins.model_check`."""

from __future__ import annotations

import json
import sys
from typing import Any

from bench.core.errors import BenchError
from bench.plugins.model import ModelAddress, function

EXAMPLES = 2


def checked(address: ModelAddress, sizes: dict[str, Any], modality: str) -> tuple[str, ...]:
    """Build the model, trace it, and list its regularizing and normalizing layers.

    Raises:
        UsageError: it cannot be built, or does not end in logits.
    """
    import tensorflow as tf

    from bench.core.errors import UsageError
    from bench.networks.keras_network import made
    from bench.networks.logits import refuse_other_than_logits, refuse_probabilities, summary
    from bench.networks.own_model import built, inside

    model = made(lambda: built(function(address), sizes))
    shape = (EXAMPLES, *sizes["input_shape"])
    batch = tf.zeros(shape) if modality == "image" else tf.ones(shape, tf.int64)

    @tf.function(autograph=False)
    def traced() -> Any:
        output = model(batch, training=False)
        refuse_other_than_logits(output, EXAMPLES, sizes["classes"])
        refuse_probabilities(output)
        return output

    try:
        traced()
    except BenchError:
        raise
    except Exception as error:
        raise UsageError(f"the model does not run on {list(shape)}: {summary(error)}") from error
    if not model.trainable_weights:
        raise UsageError("the model has no trainable weight")
    return inside(model)


def main(arguments: list[str]) -> None:
    """Print what `checked` found, or the error, as one line of JSON."""
    text, sizes, modality = arguments
    place, _, name = text.rpartition(":")
    try:
        layers = checked(ModelAddress(place, name), json.loads(sizes), modality)
        result: dict[str, Any] = {"inside": layers}
    except BenchError as error:
        result = {"error": str(error)}
    print(f"\n{json.dumps(result)}")


if __name__ == "__main__":
    main(sys.argv[1:])
