"""Cutout: blank a square of each image."""

from dataclasses import dataclass

from bench import Batch, Facts, Moment, Paper, Strategy, Tensor, parameter, tf
from strategies._random import keys, whole


def cut_out(images: Tensor, row: Tensor, column: Tensor, size: float | Tensor) -> Tensor:
    """Set a square of each image [B, H, W, C] to 0.

    Args:
        images: standardized per channel, so that 0 is the mean color.
        row, column: int32 [B], the pixel at the center of each square.
        size: side of the square in pixels, before it is clipped at the border.
    """
    size = tf.cast(size, tf.float32)

    def within(center: Tensor, length: int) -> Tensor:
        first = tf.cast(center, tf.float32)[:, None] - tf.floor(size / 2.0)
        positions = tf.range(length, dtype=tf.float32)[None, :]
        return (positions >= first) & (positions < first + size)

    hole = within(row, images.shape[1])[:, :, None] & within(column, images.shape[2])[:, None, :]
    return images * tf.cast(~hole, images.dtype)[..., None]


@dataclass(frozen=True)
class Cutout(Strategy):
    """A square of each image set to the mean color, so that no single part decides.

    The center is any pixel, so squares at the border are clipped and smaller. The value 0 is the mean
    color because the pixels are standardized by then. It helps networks with capacity to spare. With
    few examples and a small network it underfits. DeVries & Taylor 2017, section 3.
    """

    size: int = parameter(16, low=0, high=512, tune=(2, 20), doc="side of the square, in pixels")

    facts = Facts(
        name="cutout",
        family="augmentation",
        paper=Paper(
            "DeVries, Taylor",
            2017,
            "Improved Regularization of Convolutional Neural Networks with Cutout",
            "1708.04552",
        ),
        summary="blanks a square of each image",
        equation="x' = 0 where |i - c_i| and |j - c_j| are within size / 2, c uniform over pixels",
        modalities=("image",),
        cost="cheap",
        identity={"size": 0},
        rank=30,
        claims=(
            "test error 2.56% on CIFAR-10, 15.20% on CIFAR-100, 1.30% on SVHN, then the lowest",
        ),
    )

    def features(self, batch: Batch, moment: Moment) -> Batch:
        count, height, width = batch.values.shape[:3]
        rows, columns = keys(moment.key, 2)
        row = whole(rows, [count], height)
        column = whole(columns, [count], width)
        return batch._replace(values=cut_out(batch.values, row, column, self.size))
