"""FGM: adversarial training on word embeddings."""

from dataclasses import dataclass

from bench import (
    Batch,
    Facts,
    Loss,
    LossResult,
    Moment,
    Paper,
    Strategy,
    Tensor,
    parameter,
    tf,
)

SCALE = 1024.0
"""Factor that keeps half-precision gradients from vanishing; a power of two rounds no others."""


def perturbation(
    embeddings: Tensor, mask: Tensor, gradient: Tensor, epsilon: float | Tensor
) -> Tensor:
    """Return epsilon sigma g / |g| for each text: float32 [B, T, D], 0 where the mask [B, T] is false.

    The norm is over all positions of a text, as in the paper. sigma is the standard deviation of the
    batch's unmasked embeddings: the paper normalizes its embeddings to 1 instead.
    """
    there = tf.cast(mask, tf.float32)[..., None]
    values = tf.cast(embeddings, tf.float32)
    count = tf.reduce_sum(there) * tf.cast(tf.shape(values)[-1], tf.float32)
    mean = tf.reduce_sum(values * there) / count
    sigma = tf.sqrt(tf.reduce_sum(tf.square(values - mean) * there) / count)
    gradient = tf.cast(gradient, tf.float32) * there
    norm = tf.sqrt(tf.reduce_sum(tf.square(gradient), axis=[1, 2], keepdims=True))
    return epsilon * sigma * tf.math.divide_no_nan(gradient, norm)


def with_gradients(losses: Tensor, sources: list[Tensor], gradients: list[Tensor]) -> Tensor:
    """Return losses [B] unchanged, with the known gradient for their mean.

    It saves a third backward pass: the one that finds the perturbation gives the clean loss's gradients
    too. `gradients` are those of the mean times SCALE.
    """
    line = tf.add_n(
        [
            tf.reduce_sum(tf.cast(s, tf.float32) * tf.stop_gradient(tf.cast(g, tf.float32) / SCALE))
            for s, g in zip(sources, map(tf.convert_to_tensor, gradients), strict=True)
        ]
    )
    return tf.stop_gradient(losses) + (line - tf.stop_gradient(line))


@dataclass(frozen=True)
class Fgm(Strategy):
    """The mean of the loss and of the loss at embeddings moved along its gradient.

    epsilon is in standard deviations of the embeddings, so that growing embeddings is no way out; the
    paper normalizes them instead. The paper's sum of the two losses is halved to their mean. It helps
    text classifiers that overfit, and doubles the step's cost. The name is that of the usual
    implementations. Miyato et al. 2016, equations 3 to 6.
    """

    epsilon: float = parameter(5.0, low=0.0, high=100.0, log=True, tune=(0.5, 10.0), doc="radius")

    facts = Facts(
        name="fgm",
        family="optimization",
        paper=Paper(
            "Miyato, Dai, Goodfellow",
            2016,
            "Adversarial Training Methods for Semi-Supervised Text Classification",
            "1605.07725",
        ),
        summary="trains on adversarially moved word embeddings too",
        equation="L = (CE(x) + CE(x + epsilon sigma g / |g|)) / 2, g = grad_x CE(x)",
        modalities=("text",),
        cost="double",
        continuous=True,
        identity={"epsilon": 0.0},
        rank=10,
        claims=(
            "the best results of its time on several text classification tasks",
            "the network overfits less and its word embeddings are better",
        ),
    )

    def loss(self, batch: Batch, moment: Moment, rest: Loss) -> LossResult:
        with tf.GradientTape() as tape:
            tape.watch(batch.values)
            clean = rest(batch)
            scaled = tf.reduce_mean(clean.losses) * SCALE
        sources = [batch.values, *tape.watched_variables()]
        gradients = tape.gradient(scaled, sources, unconnected_gradients="zero")
        moved = perturbation(batch.values, batch.mask, gradients[0], self.epsilon)
        # The perturbation is a constant of the adversarial loss (section 3).
        moved = tf.stop_gradient(tf.cast(moved, batch.values.dtype))
        # The selection keeps the two losses' gradients apart until each is summed: TensorFlow's graph
        # rewriter merges nested sums into one, in another order, and so with other rounding.
        moved = tf.where(tf.expand_dims(batch.mask, -1), batch.values + moved, batch.values)
        adversarial = rest(batch._replace(values=moved))
        losses = with_gradients(clean.losses, sources, gradients) + adversarial.losses
        return clean._replace(losses=0.5 * losses)
