"""A Keras model of the user's own as the network of a script: `KerasNetwork` in plain Keras."""

from __future__ import annotations

from bench.networks.keras_network import MEAN_EXAMPLES

_IMAGES = f'''\
class YourNetwork(keras.Model):
    """Your Keras model. Techniques get pixels minus the mean color of the training images."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def embed(self, values):
        if not hasattr(self, "mean_color"):
            self.mean_color = self.add_weight(
                name="mean_color", shape=values.shape[-1:], initializer="zeros", trainable=False
            )
        return values - self.mean_color

    def adapt(self, examples):
        self.mean_color.assign(tf.reduce_mean(examples({MEAN_EXAMPLES}), [0, 1, 2]))

    def call(self, features, training=False):
        return self.model(features + self.mean_color, training=training)
'''

_TEXTS = '''\
class YourNetwork(keras.Model):
    """Your Keras model."""

    def __init__(self, model):
        super().__init__()
        self.model = model
        self.supports_masking = True

    def embed(self, values):
        return values

    def call(self, features, mask=None, training=False):
        return self.model(features, mask=mask, training=training)
'''

_MAKE = """\
def make_network():
    keras.utils.set_random_seed(SEED)  # of the initial weights, and of your model's own noise
    raise NotImplementedError("return YourNetwork(model) with your Keras model, which ends in logits")
"""

MOVING = '''\
def moving_averages(network, values{mask}):
    """List the moving averages that a pass in training mode changes; frozen layers keep theirs."""
    with keras.StatelessScope() as scope:
        network(values{given}, training=True)
    named = [v for v in network.variables if v.name.startswith(("moving_", "running_"))]
    return [v.value for v in named if scope.get_current_value(v) is not None]
'''
"""In the suite's networks all averages move, and a user's model may have frozen layers."""

TO_FILL_IN = "make_network: your Keras model, which takes a raw batch and ends in logits"


def network(is_text: bool) -> list[str]:
    """Write the class around the model, and the function that makes it."""
    return [_TEXTS if is_text else _IMAGES, _MAKE]


def needs(is_text: bool) -> list[str]:
    """List the arguments of the network's `call` besides the features."""
    return ["mask", "training"] if is_text else ["training"]


def moving(is_text: bool) -> str:
    """Write the function that lists the moving averages."""
    if is_text:
        return MOVING.format(mask=", mask", given=", mask=mask")
    return MOVING.format(mask="", given="")
