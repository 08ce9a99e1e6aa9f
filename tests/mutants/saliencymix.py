"""SaliencyMix."""

from __future__ import annotations

from tests.mutants import Mutant

FILE, TESTS = "strategies/saliencymix.py", "tests/strategies/test_saliencymix.py"


def mutant(name: str, old: str, new: str, only: str = "") -> Mutant:
    return Mutant(f"saliencymix-{name}", FILE, old, new, TESTS, only)


MUTANTS = [
    mutant("at-the-example-s-own-spot",
           "around = tf.gather(salient(batch.values, center), pairs.partners)",
           "around = salient(batch.values, center)", "around"),
    mutant("one-center-for-the-batch",
           "around = tf.gather(salient(batch.values, center), pairs.partners)",
           "around = tf.repeat(salient(batch.values, center)[pairs.partners[0]][None], "
           "len(center), 0)", "around"),
    mutant("at-a-random-place", "salient(batch.values, center), pairs.partners",
           "center, pairs.partners", "around"),
    mutant("labels-by-the-unclipped-box", "Pairs(pairs.partners, kept)", "pairs", "around"),
    mutant("the-brightest-pixel", "total += tf.abs(bright - ", "total += (bright - ", "dark_or_bright"),
    mutant("rows-and-columns-exchanged", "tf.stack([rows, columns], axis=1)",
           "tf.stack([columns, rows], axis=1)", "dark_or_bright"),
    mutant("rows-by-the-height", "pixel // width", "pixel // height", "dark_or_bright"),
    mutant("a-flat-image-s-corner", "tf.where(is_flat, otherwise,",
           "tf.where(is_flat & False, otherwise,", "flat"),
    mutant("windows-of-one-axis", "tf.nn.avg_pool2d(columns, [1, size]",
           "tf.nn.avg_pool2d(columns, [1, 1]", "windows"),
    mutant("computes-in-half-precision", "tf.cast(images, tf.float32), axis=-1",
           "images, axis=-1", "half"),
]  # fmt: skip
