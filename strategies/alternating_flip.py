"""Alternating flip: mirror an image in every second epoch."""

from dataclasses import dataclass

from bench import Batch, Facts, Moment, Paper, Strategy, Tensor, tf


def coin(rows: Tensor, key: Tensor) -> Tensor:
    """Toss a fair coin for each training example, with the same result at each call.

    Args:
        rows: integers [B], numbers of the examples.
        key: int32 [2].

    Returns:
        int64 [B] of 0 and 1.
    """
    mask, half = tf.constant(0x7FFFFFFF, tf.int64), tf.constant(16, tf.int64)
    mixed = tf.cast(rows, tf.int64)
    for salt in tf.unstack(tf.cast(key, tf.int64) & mask):
        mixed = (mixed + salt) & mask
        for _ in range(3):
            mixed = tf.bitwise.bitwise_xor(mixed, tf.bitwise.right_shift(mixed, half))
            mixed = (mixed * 73_244_475) & mask
    return tf.bitwise.right_shift(mixed, half) & 1


@dataclass(frozen=True)
class AlternatingFlip(Strategy):
    """A mirror image in every second epoch; a coin for each image says in which of the two.

    Two epochs in a row show both sides of every image. With independent flips, half of the images show
    the same side in two epochs in a row. Jordan 2024, section 3.6.
    """

    facts = Facts(
        name="alternating_flip",
        family="augmentation",
        paper=Paper(
            "Jordan", 2024, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU", "2404.00498"
        ),
        summary="mirrors each image in every second epoch",
        equation="x'[i, j] = x[i, W-1-j] if coin(n) + epoch is odd, n the image's number",
        modalities=("image",),
        cost="cheap",
        identity="every image is mirrored in half of the epochs; no setting leaves them all as they are",
        conflicts={"flip_crop": "both mirror the images"},
        rank=10,
        claims=("better than random flips wherever flips help at all",),
    )

    def examples(self, batch: Batch, moment: Moment) -> Batch:
        parity = coin(moment.rows, moment.trial_key) + tf.cast(moment.epoch, tf.int64)
        turned = tf.cast(parity % 2, batch.values.dtype)[:, None, None, None]
        mirrored = batch.values[:, :, ::-1]
        return batch._replace(values=turned * mirrored + (1 - turned) * batch.values)
