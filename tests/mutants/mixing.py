"""MixUp and CutMix."""

from __future__ import annotations

from tests.mutants import Mutant

PAIRS, PAIRS_TESTS = "strategies/_mixing.py", "tests/strategies/test_mixing.py"
MIXUP, MIXUP_TESTS = "strategies/mixup.py", "tests/strategies/test_mixup.py"
CUTMIX, CUTMIX_TESTS = "strategies/cutmix.py", "tests/strategies/test_cutmix.py"

MUTANTS = [
    Mutant(
        "beta-uniform-whatever-alpha-is", PAIRS,
        "stateless_gamma([2, size], key, shape, dtype=tf.float64)",
        "stateless_gamma([2, size], key, tf.ones([], tf.float64), shape, tf.float64)",
        PAIRS_TESTS,
    ),
    Mutant(
        "beta-of-one-gamma-and-its-shape", PAIRS,
        "gammas[0] / (gammas[0] + gammas[1])", "gammas[0] / (gammas[0] + shape)", PAIRS_TESTS,
    ),
    Mutant(
        "beta-underflows-in-float32", PAIRS,
        "tf.cast(gammas[0] / (gammas[0] + gammas[1]), tf.float32)",
        "tf.where(tf.reduce_min(gammas, 0) < 1e-6, 0.5, "
        "tf.cast(gammas[0] / (gammas[0] + gammas[1]), tf.float32))",
        PAIRS_TESTS,
    ),
    Mutant(
        "lambda-per-batch-called-per-example", PAIRS,
        'count = 1 if per == "batch" else size', "count = 1", PAIRS_TESTS,
    ),
    Mutant(
        "lambda-per-example-called-per-batch", PAIRS,
        'count = 1 if per == "batch" else size', "count = size", PAIRS_TESTS,
    ),
    Mutant(
        "partners-sorted-by-lambda", PAIRS,
        "tf.random.experimental.stateless_shuffle(tf.range(size), seed=order)",
        "tf.argsort(tf.broadcast_to(share, [size]))", PAIRS_TESTS,
    ),
    Mutant(
        "partners-drawn-with-replacement", PAIRS,
        "tf.random.experimental.stateless_shuffle(tf.range(size), seed=order)",
        "tf.random.stateless_uniform([size], order, 0, size, tf.int32)", PAIRS_TESTS,
    ),
    Mutant(
        "whole-numbers-are-mixed", PAIRS, "if not values.dtype.is_floating:", "if False:", PAIRS_TESTS,
    ),
    Mutant("prob-ignored", PAIRS, "< prob", "< 1.0", PAIRS_TESTS),
    Mutant(
        "prob-ignored-by-the-identity-setting", PAIRS, "< prob", "< 1.0",
        "tests/strategies/test_registry_wide.py", "identity and cifar10-mixup",
    ),
    Mutant(
        "lambda-for-the-partner", PAIRS,
        "share * values + (1 - share) * tf.gather(values, pairs.partners)",
        "(1 - share) * values + share * tf.gather(values, pairs.partners)", MIXUP_TESTS,
    ),
    Mutant(
        "mixup-leaves-labels-alone", MIXUP,
        "Batch(blend(values, pairs), mask, blend(batch.targets, pairs))",
        "Batch(blend(values, pairs), mask, batch.targets)", MIXUP_TESTS,
    ),
    Mutant(
        "mixup-keeps-only-its-own-mask", MIXUP,
        "(mask & (share > 0.0)) | (tf.gather(mask, pairs.partners) & (share < 1.0))", "mask",
        MIXUP_TESTS,
    ),
    Mutant(
        "mixup-unites-masks-where-lambda-is-1", MIXUP,
        "(tf.gather(mask, pairs.partners) & (share < 1.0))", "tf.gather(mask, pairs.partners)",
        MIXUP_TESTS,
    ),
    Mutant(
        "mixup-blends-padding-in", MIXUP,
        "values = tf.where(mask[..., None], values, tf.zeros([], values.dtype))",
        "values = tf.identity(values)", MIXUP_TESTS,
    ),
    Mutant("mixup-ignores-alpha", MIXUP, "size, self.alpha, ", "size, 1.0, ", MIXUP_TESTS),
    Mutant(
        "mixup-ignores-per", MIXUP, "self.alpha, self.per,", 'self.alpha, "example",', MIXUP_TESTS
    ),
    Mutant(
        "cutmix-lambda-of-the-unclipped-box", CUTMIX,
        "Pairs(cut.pairs.partners, kept)", "cut.pairs", CUTMIX_TESTS,
    ),
    Mutant(
        "cutmix-area-of-a-fractional-box", CUTMIX,
        "1.0 - pasted",
        "tf.maximum(cut.pairs.share, 0.0)", CUTMIX_TESTS,
    ),
    Mutant(
        "cutmix-side-without-the-root", CUTMIX,
        "side = tf.sqrt(1.0 - cut.pairs.share)", "side = 1.0 - cut.pairs.share", CUTMIX_TESTS,
    ),
    Mutant(
        "cutmix-side-rounded-up", CUTMIX,
        "tf.cast(part * positions, tf.int32)",
        "tf.cast(tf.math.ceil(part * positions), tf.int32)", CUTMIX_TESTS,
    ),
    Mutant(
        "cutmix-box-begins-at-its-center", CUTMIX, " - width // 2", "", CUTMIX_TESTS,
    ),
    Mutant(
        "cutmix-same-center-for-rows-and-columns", CUTMIX,
        "columns = interval(cut.center[:, 1]", "columns = interval(cut.center[:, 0]", CUTMIX_TESTS,
    ),
    Mutant(
        "cutmix-one-center-for-the-batch", CUTMIX,
        '[1 if per == "batch" else size, 2]', "[1, 2]", CUTMIX_TESTS,
    ),
    Mutant(
        "cutmix-text-share-counts-padding", CUTMIX,
        "tf.maximum(count(mask), 1.0)", "count(tf.ones_like(mask))", CUTMIX_TESTS,
    ),
    Mutant(
        "cutmix-pastes-padding-into-a-text", CUTMIX,
        "inside &= mask & tf.gather(mask, partners)", "inside &= mask", CUTMIX_TESTS,
    ),
    Mutant(
        "cutmix-pastes-beyond-a-text", CUTMIX,
        "inside &= mask & tf.gather(mask, partners)", "inside &= tf.gather(mask, partners)",
        CUTMIX_TESTS,
    ),
    Mutant(
        "cutmix-leaves-holes-in-the-mask", CUTMIX,
        "return Batch(values, batch.mask,",
        "holes = batch.mask is None or batch.mask & (values[..., 0] == batch.values[..., 0])\n"
        "    return Batch(values, batch.mask if batch.mask is None else holes,",
        CUTMIX_TESTS,
    ),
    Mutant(
        "cutmix-pastes-and-leaves-labels-alone", CUTMIX,
        "blend(batch.targets, Pairs(cut.pairs.partners, kept))", "batch.targets", CUTMIX_TESTS,
    ),
]  # fmt: skip
