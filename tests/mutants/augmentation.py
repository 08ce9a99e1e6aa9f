"""Flip and crop, Cutout, RandAugment, TrivialAugment, word dropout.

Their tests trace with `autograph=False`: AutoGraph would read the right source from the disk.
"""

from __future__ import annotations

from tests.mutants import Mutant

CROP, CROP_TESTS = "strategies/flip_crop.py", "tests/strategies/test_flip_crop.py"
CUTOUT, CUTOUT_TESTS = "strategies/cutout.py", "tests/strategies/test_cutout.py"
IMAGES, IMAGES_TESTS = (
    "strategies/_image_operations.py",
    "tests/strategies/test_image_operations.py",
)
RAND, RAND_TESTS = "strategies/rand_augment.py", "tests/strategies/test_rand_augment.py"
TRIVIAL, TRIVIAL_TESTS = "strategies/trivial_augment.py", "tests/strategies/test_trivial_augment.py"
WORDS, WORDS_TESTS = "strategies/word_dropout.py", "tests/strategies/test_word_dropout.py"

MUTANTS = [
    Mutant(
        "crop-one-window-short", CROP, "(2.0 * pad + 1.0) - pad", "(2.0 * pad) - pad", CROP_TESTS
    ),
    Mutant(
        "crop-one-offset-for-the-batch", CROP,
        "uniform(places, [2, count])",
        "tf.tile(uniform(places, [2, 1]), [1, count])", CROP_TESTS,
    ),
    Mutant(
        "crop-repeats-the-edge-where-it-reflects", CROP,
        "inner = last - tf.abs(last - tf.abs(index))", "inner = index", CROP_TESTS,
    ),
    Mutant(
        "cutout-square-never-clipped", CUTOUT,
        "whole(rows, [count], height)", "self.size + whole(rows, [count], height - 1)", CUTOUT_TESTS,
    ),
    Mutant(
        "cutout-one-pixel-too-large", CUTOUT,
        "(positions < first + size)", "(positions <= first + size)", CUTOUT_TESTS,
    ),
    Mutant(
        "one-operation-for-the-whole-batch", IMAGES,
        "    return seats[:size], tf.argsort(seats) % size",
        "    return tf.zeros_like(seats[:size]) + seats[0], tf.argsort(seats) % size",
        RAND_TESTS,
    ),
    Mutant(
        "operations-in-the-order-of-the-batch", IMAGES,
        "tf.argsort(uniform(key, [count]))", "tf.range(count)", IMAGES_TESTS,
    ),
    Mutant(
        "augmented-images-put-back-in-another-order", IMAGES,
        "tf.where(acts, seats, unchanged)", "tf.where(acts, tf.argsort(seats), unchanged)",
        RAND_TESTS,
    ),
    Mutant(
        "sharpness-smooths-the-border-too", IMAGES,
        "tf.where(middle, ", "tf.where(tf.ones_like(middle), ", IMAGES_TESTS,
    ),
    Mutant(
        "equalize-by-fractions", IMAGES,
        "(below + step[:, None] // 2) // tf.maximum(step, 1)[:, None]",
        "255 * below // (height * width)", IMAGES_TESTS,
    ),
    Mutant("augmentation-in-one-direction", IMAGES, "-1.0, 1.0)", "1.0, 1.0)", RAND_TESTS),
    Mutant(
        "rand-augment-same-operation-twice", RAND, "3 * turn : 3 * turn + 3", ":3", RAND_TESTS,
        "one_after_the_other",
    ),
    Mutant("trivial-augment-on-gray", TRIVIAL, "fill=0.0", "fill=0.5", TRIVIAL_TESTS),
    Mutant("trivial-augment-rounds", TRIVIAL, "whole=True", "whole=False", TRIVIAL_TESTS),
    Mutant(
        "rand-augment-of-torchvision-s-scale", RAND, "STRONGEST = 10", "STRONGEST = 30", RAND_TESTS,
        "fourteen",
    ),
    Mutant(
        "gray-images-have-a-third-of-their-light", IMAGES,
        "(1.0 / channels,) * channels", "(1.0 / 3.0,) * channels", IMAGES_TESTS,
    ),
    Mutant("trivial-augment-of-one-strength", TRIVIAL, "(STRENGTHS - 1)", "1e9", TRIVIAL_TESTS),
    Mutant("word-dropout-writes-padding", WORDS, "UNKNOWN = 1", "UNKNOWN = 0", WORDS_TESTS),
    Mutant(
        "word-dropout-on-padding", WORDS,
        "tf.where(mask & dropped", "tf.where(dropped", WORDS_TESTS,
    ),
    Mutant(
        "word-dropout-repeats-its-numbers", WORDS,
        "self.rate, moment.key", "self.rate, [1, 2]", WORDS_TESTS,
    ),
]  # fmt: skip
