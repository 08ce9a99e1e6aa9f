"""FMix."""

from __future__ import annotations

from tests.mutants import Mutant

FMIX, TESTS = "strategies/fmix.py", "tests/strategies/test_fmix.py"

MUTANTS = [
    Mutant(
        "fmix-frequencies-of-square-images", FMIX,
        "/ float(length)\n\n\ndef gray", "/ 16.0\n\n\ndef gray", TESTS, "power",
    ),
    Mutant(
        "fmix-frequencies-of-one-sign", FMIX,
        "tf.minimum(index, float(length) - index)", "index", TESTS, "power",
    ),
    Mutant(
        "fmix-power-for-amplitude", FMIX, "height, width)), -decay)", "height, width)), -decay / 2.0)",
        TESTS, "power",
    ),
    Mutant(
        "fmix-without-a-lowest-frequency", FMIX,
        "tf.maximum(frequency, 1.0 / max(height, width))", "tf.maximum(frequency, 1e-3)",
        TESTS, "power or whole or kept or shape",
    ),
    Mutant(
        "fmix-spectrum-without-phases", FMIX,
        "tf.complex(parts[0], parts[1])", "tf.complex(parts[0], tf.zeros_like(parts[1]))",
        TESTS, "power",
    ),
    Mutant("fmix-of-even-widths", FMIX, ", [height, width])\n\n\ndef b", ")\n\n\ndef b", TESTS, "power"),
    Mutant(
        "fmix-one-shape-for-the-batch", FMIX,
        "gray_images(noise, count, height, width, decay)",
        "tf.repeat(gray_images(noise, 1, height, width, decay), count, 0)", TESTS,
    ),
    Mutant(
        "fmix-label-before-pixels-are-whole", FMIX,
        "pairs._replace(share=share)", "pairs", TESTS, "labels",
    ),
    Mutant("fmix-always-rounded-down", FMIX, "float(pixels) + chance", "float(pixels)", TESTS),
    Mutant("fmix-more-than-all-pixels", FMIX, "tf.int32), pixels)", "tf.int32), 9999)", TESTS),
    Mutant("fmix-keeps-the-darkest", FMIX, "flat >= least", "-flat >= -least", TESTS, "brightest"),
    Mutant("fmix-ignores-its-decay", FMIX, "moment.drawn, self.decay", "moment.drawn, 3.0", TESTS),
]  # fmt: skip
