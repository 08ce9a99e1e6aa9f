"""DropBlock and Gaussian noise."""

from __future__ import annotations

from tests.mutants import Mutant

BLOCK, NOISE = "strategies/drop_block.py", "strategies/gaussian_noise.py"


def tests(file: str) -> str:
    return file.replace("strategies/", "tests/strategies/test_")


MUTANTS = [
    Mutant(
        "drop-block-with-the-rate-as-gamma", BLOCK,
        "gamma = rate * chance_of_a_block(height, width, (tall, wide))", "gamma = rate", tests(BLOCK),
    ),
    Mutant(
        "drop-block-gamma-without-the-border", BLOCK,
        "centers = (height - tall + 1) * (width - wide + 1)", "centers = height * width", tests(BLOCK),
    ),
    Mutant(
        "drop-block-gamma-of-square-maps", BLOCK,
        "centers = (height - tall + 1) * (width - wide + 1)",
        "centers = (height - tall + 1) ** 2", tests(BLOCK), "not_square",
    ),
    Mutant(
        "drop-block-cut-off-at-the-border", BLOCK,
        "padding = [[0, 0], [tall - 1, tall - 1], [wide - 1, wide - 1], [0, 0]]",
        "padding = [[0, 0], [2 * (tall - 1), 0], [wide - 1, wide - 1], [0, 0]]", tests(BLOCK),
    ),
    Mutant(
        "drop-block-alike-in-all-channels", BLOCK,
        "width - wide + 1, channels])", "width - wide + 1, 1])", tests(BLOCK), "own",
    ),
    Mutant(
        "drop-block-scaled-by-its-rate", BLOCK,
        "scale = 1.0 / tf.maximum(tf.reduce_mean(kept), 1e-6)", "scale = 1.0 / (1.0 - rate)",
        tests(BLOCK),
    ),
    Mutant(
        "drop-block-scaled-for-each-example", BLOCK,
        "tf.reduce_mean(kept)", "tf.reduce_mean(kept, [1, 2, 3], keepdims=True)", tests(BLOCK),
    ),
    Mutant(
        "drop-block-at-its-whole-rate-from-the-start", BLOCK,
        "ramped(self.rate, self.ramp, moment.progress)", "self.rate", tests(BLOCK), "grows",
    ),
    Mutant(
        "drop-block-of-shallow-maps", BLOCK, " or slot.depth < 0.5", "", tests(BLOCK), "alone"
    ),
    Mutant(
        "drop-block-divides-by-zero", BLOCK,
        "tf.maximum(tf.reduce_mean(kept), 1e-6)", "tf.reduce_mean(kept)", tests(BLOCK), "whole_gives",
    ),
    Mutant(
        "noise-multiplied", NOISE, "tf.float32) + noise", "tf.float32) * (1.0 + noise)", tests(NOISE)
    ),
    Mutant("noise-uniform", NOISE, "tf.math.erfinv(", "1.2247 * tf.identity(", tests(NOISE)),
    Mutant(
        "noise-may-be-infinite", NOISE,
        "(whole + 0.5) * 2.0**-22 - 1.0", "(whole + 1.0) * 2.0**-22 - 1.0", tests(NOISE), "ends",
    ),
    Mutant("noise-of-a-variance", NOISE, "noise = deviation *", "noise = deviation**2 *", tests(NOISE)),
    Mutant(
        "noise-alike-in-all-examples", NOISE,
        "normal(key, tf.shape(values))", "normal(key, tf.shape(values)[1:])", tests(NOISE),
    ),
    Mutant(
        "noise-in-half-precision", NOISE,
        "tf.cast(tf.cast(values, tf.float32) + noise, values.dtype)",
        "values + tf.cast(noise, values.dtype)", tests(NOISE), "half",
    ),
]  # fmt: skip
