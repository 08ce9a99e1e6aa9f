"""NEFTune: uniform noise on word embeddings."""

from dataclasses import dataclass

from bench import Batch, Facts, Moment, Paper, Strategy, Tensor, parameter, tf
from strategies._random import uniform


def with_noise(embeddings: Tensor, mask: Tensor, alpha: float | Tensor, key: Tensor) -> Tensor:
    """Add alpha / sqrt(L D) U(-1, 1) to the embeddings [B, T, D] of tokens.

    L is the number of tokens of each text, by the mask [B, T]. Padding stays as it is. The noise of
    a text so has the same expected norm, alpha / sqrt(3), whatever its length.
    """
    there = tf.cast(mask, tf.float32)
    length = tf.maximum(tf.reduce_sum(there, axis=1), 1.0)
    scale = alpha * tf.math.rsqrt(length * float(embeddings.shape[-1]))
    noise = 2.0 * uniform(key, tf.shape(embeddings)) - 1.0
    noise *= scale[:, None, None] * there[..., None]
    return tf.cast(tf.cast(embeddings, tf.float32) + noise, embeddings.dtype)


@dataclass(frozen=True)
class NEFTune(Strategy):
    """Uniform noise on the embeddings of words, smaller for longer texts and wider embeddings.

    Each text's own number of tokens counts. Widely used code takes the padded length of the batch, so
    the noise of a text depends on its neighbors. The paper tunes large language models at alpha 5, 10
    and 15: at 512 tokens and 4096 features, 5 is noise of at most .0035. Here texts are shorter and
    embeddings narrower and small at first (within .05), so the same alpha is far more noise: tune it.
    Blends of texts mix the noisy embeddings. Jain et al. 2023, algorithm 1.
    """

    alpha: float = parameter(
        5.0, low=0.0, high=100.0, log=True, tune=(0.1, 15.0), doc="norm of a text's noise x sqrt(3)"
    )

    facts = Facts(
        name="neftune",
        family="noise in the network",
        paper=Paper(
            "Jain, Chiang, Wen, Kirchenbauer, Chu, et al.",
            2023,
            "NEFTune: Noisy Embeddings Improve Instruction Finetuning",
            "2310.05914",
        ),
        summary="adds uniform noise to word embeddings",
        equation="e' = e + alpha / sqrt(L D) n, n ~ U(-1, 1), L the text's number of tokens",
        modalities=("text",),
        cost="cheap",
        identity={"alpha": 0.0},
        rank=40,
        claims=(
            "LLaMA-2 7B tuned on Alpaca wins 64.69% on AlpacaEval instead of 29.79%",
            "answers get longer; accuracy on multiple-choice questions stays as it is",
        ),
    )

    def features(self, batch: Batch, moment: Moment) -> Batch:
        return batch._replace(values=with_noise(batch.values, batch.mask, self.alpha, moment.key))
