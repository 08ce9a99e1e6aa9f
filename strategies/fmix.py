"""FMix: paste a part of another example with a shape of low-frequency noise."""

from dataclasses import dataclass

from bench import Batch, Facts, Moment, Paper, Strategy, Tensor, parameter, tf
from strategies._mixing import MIXED_TWICE, Pairs, blend, pairs
from strategies._random import keys, uniform
from strategies.gaussian_noise import normal


def frequencies(length: int) -> Tensor:
    """Return the frequencies of a discrete Fourier transform, without signs, in cycles a pixel."""
    index = tf.range(length, dtype=tf.float32)
    return tf.minimum(index, float(length) - index) / float(length)


def gray_images(key: Tensor, count: int, height: int, width: int, decay: float) -> Tensor:
    """Draw noise whose amplitude falls with the frequency to the power of `decay`: [count, H, W].

    Frequencies are counted in pixels, so shapes are as wide as high on images that are not square.
    """
    rows, columns = frequencies(height), frequencies(width)[: width // 2 + 1]
    frequency = tf.sqrt(tf.square(rows)[:, None] + tf.square(columns)[None, :])
    scale = tf.pow(tf.maximum(frequency, 1.0 / max(height, width)), -decay)
    parts = normal(key, [2, count, height, width // 2 + 1]) * scale
    return tf.signal.irfft2d(tf.complex(parts[0], parts[1]), [height, width])


def brightest(gray: Tensor, number: Tensor) -> Tensor:
    """Mark the `number` brightest pixels, int32 [B], of gray images [B, H, W]: boolean."""
    flat = tf.reshape(gray, [-1, gray.shape[1] * gray.shape[2]])
    ordered = tf.sort(flat, direction="DESCENDING")
    least = tf.gather(ordered, tf.maximum(number - 1, 0), batch_dims=1)
    marked = (flat >= least[:, None]) & (number > 0)[:, None]
    return tf.reshape(marked, tf.shape(gray))


def whole(share: Tensor, pixels: int, chance: Tensor) -> Tensor:
    """Round shares [B] of some pixels to whole ones, int32, up or down by `chance` [B] in [0, 1)."""
    # The sum of all pixels and a chance near 1 may itself be rounded up to one pixel more.
    return tf.minimum(tf.cast(share * float(pixels) + chance, tf.int32), pixels)


def fmix(batch: Batch, pairs: Pairs, decay: float, key: Tensor) -> Batch:
    """Keep the brightest share of each image by its own noise, and take the rest from its partner.

    Shares become whole pixels, up or down at random, so their expectation is kept. Labels mix by them.
    """
    images = batch.values
    count, height, width = images.shape[:3]
    rounding, noise = keys(key, 2)
    number = whole(pairs.share, height * width, uniform(rounding, [count]))
    kept = brightest(gray_images(noise, count, height, width, decay), number)
    mixed = tf.where(kept[..., None], images, tf.gather(images, pairs.partners))
    share = tf.cast(number, tf.float32) / float(height * width)
    return Batch(mixed, None, blend(batch.targets, pairs._replace(share=share)))


@dataclass(frozen=True)
class FMix(Strategy):
    """A part of another example of irregular shape pasted into each example.

    The shape covers the dark parts of noise of mostly low frequencies: a few large spots in place of
    CutMix's box. There are far more such shapes than boxes. Each example has its own shape and lambda ~
    Beta(alpha, alpha), where the authors' code draws one of each for a batch. It helps image networks
    that overfit, in long trainings. Harris et al. 2020, section 4.
    """

    alpha: float = parameter(1.0, low=0.05, high=16.0, log=True, tune=(0.2, 4.0), doc="of Beta")
    decay: float = parameter(3.0, low=0.5, high=8.0, doc="power of the frequency; more is smoother")
    prob: float = parameter(1.0, low=0.0, high=1.0, tune=(0.25, 1.0), doc="chance of mixing")

    facts = Facts(
        name="fmix",
        family="mixing",
        paper=Paper(
            "Harris, Marcu, Painter, Niranjan, Prugel-Bennett, Hare",
            2020,
            "FMix: Enhancing Mixed Sample Data Augmentation",
            "2002.12047",
        ),
        summary="pastes an irregular part of another example and mixes the labels by its share",
        equation="x' = M x_i + (1 - M) x_j, M the brightest l of F^-1(z / f^decay), l ~ Beta(a, a)",
        modalities=("image",),
        cost="cheap",
        identity={"prob": 0.0},
        conflicts=dict.fromkeys(
            ("cutmix", "manifold_mixup", "mixup", "mixup_cutmix", "resizemix"), MIXED_TWICE
        ),
        claims=(
            "better than MixUp and CutMix on several data sets, at no more training time",
            "its shapes distort the data less than those of MixUp, by what networks learn from it",
        ),
    )

    def draw(self, key: Tensor, size: int) -> Pairs:
        return pairs(key, size, self.alpha, "example", self.prob)

    def features(self, batch: Batch, moment: Moment) -> Batch:
        return fmix(batch, moment.drawn, self.decay, moment.key)
