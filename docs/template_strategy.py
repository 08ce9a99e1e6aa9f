"""Input noise: add random noise to each example. A template: copy this file and change what differs.

Inside the repository the copy goes to `strategies/NAME.py`. Outside it stays where it is, and
`bench run --plugin NAME.py --strategies NAME` uses it. Import from `bench` only.
"""

from dataclasses import dataclass

from bench import Batch, Facts, Moment, Paper, Strategy, Tensor, parameter, tf


def with_noise(values: Tensor, scale: float | Tensor, key: Tensor) -> Tensor:
    """Add `scale` or -`scale`, at random, to each of the values [B, ...]; `key` is int32 [2].

    The core of a technique is a plain function of tensors, so that it can be tested against the
    equation and used in other training loops. All random numbers come from the key. Integers are the
    same with and without XLA, which turns the same random bits into other floats.
    """
    bits = tf.random.stateless_uniform(tf.shape(values), key, 0, 2, tf.int32)
    return values + tf.cast(scale * tf.cast(2 * bits - 1, tf.float32), values.dtype)


@dataclass(frozen=True)
class Template(Strategy):
    """Noise of zero mean on the pixels of images and on the embeddings of text.

    Say here what the technique does on each kind of data, whom it helps, and where it differs from its
    paper. Name the section or the equation. Bishop 1995, section 2.
    """

    # Hyperparameters: the paper's default, the closed range, and the range that `bench tune` searches.
    scale: float = parameter(0.1, low=0.0, high=10.0, tune=(0.02, 0.5), doc="standard deviation")

    facts = Facts(
        name="template",
        family="augmentation",
        paper=Paper("Bishop", 1995, "Training with Noise is Equivalent to Tikhonov Regularization"),
        summary="adds noise of zero mean to the input",
        equation="x' = x + s n, n ~ U{-1, 1}",
        modalities=("image", "text"),
        cost="cheap",
        # Parameters at which it does nothing. They arrive as tensors: compute with them, never
        # branch on them.
        identity={"scale": 0.0},
        # Lower ranks come first: augmentation (10 to 30) before mixing (50). `bench.core.strategy`
        # says which stages there are.
        rank=30,
        claims=("for small noise, training with it adds a Tikhonov penalty to the error",),
    )

    def features(self, batch: Batch, moment: Moment) -> Batch:
        return batch._replace(values=with_noise(batch.values, self.scale, moment.key))
