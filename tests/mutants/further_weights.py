"""Adam, ASAM, cautious weight decay, adaptive clipping, gradient centralization, gradient noise."""

from __future__ import annotations

from tests.mutants import Mutant


def mutant(name: str, strategy: str, old: str, new: str, only: str = "") -> Mutant:
    file, tests = f"strategies/{strategy}.py", f"tests/strategies/test_{strategy}.py"
    return Mutant(name, file, old, new, tests, only)


CAUTIOUS = "cautious_weight_decay"
AGC, GC, NOISE = "adaptive_gradient_clipping", "gradient_centralization", "gradient_noise"
OPTIMIZER = "tests/bench/training/test_optimizer.py"
RANDOM = "strategies/_random.py", "tests/strategies/test_random.py"

MUTANTS = [
    mutant("asam-scales-once", "asam", "factor * (t * value)", "factor * value"),
    mutant("asam-with-the-norm-of-sam", "asam", "(self.rho, relative)", "(self.rho, here)"),
    mutant("asam-scales-biases", "asam", " if scaled else tf.ones_like(weight)", ""),
    mutant("asam-with-signs", "asam", "tf.abs(weight) + self.eta", "weight + self.eta"),
    mutant("asam-ignores-eta", "asam", "tf.abs(weight) + self.eta", "tf.abs(weight)", "step_is"),
    mutant("cautious-decay-against-the-update", CAUTIOUS, ">= 0.0, before", "<= 0.0, before"),
    mutant("cautious-decay-without-untouched-weights", CAUTIOUS, ">= 0.0, before", "> 0.0, before"),
    mutant(
        "cautious-decay-with-a-vanishing-product", CAUTIOUS,
        "tf.sign(before - after) * tf.sign(before)", "(before - after) * before",
    ),
    mutant("cautious-decay-of-the-new-weight", CAUTIOUS, "after) * before for", "after) * after for"),
    mutant("cautious-decay-of-biases", CAUTIOUS, "strict=True) if yes]", "strict=True)]"),
    mutant("cautious-decay-without-the-learning-rate", CAUTIOUS,
           "moment.learning_rate * self.rate", "self.rate"),
    mutant(
        "cautious-decay-by-the-gradient", CAUTIOUS,
        "fused(decayed, starts, kernels, amount)",
        "[w - amount * same_way(s, s - g) * s for w, s, g in zip(kernels, starts, gradients)]",
    ),
    mutant("cautious-decay-everywhere", CAUTIOUS, "amount * same_way(before, after)", "amount"),
    Mutant(
        "adam-without-its-correction", "bench/training/adam.py",
        "beta2_power=self.beta_2**step", "beta2_power=0.0", OPTIMIZER, "adam",
    ),
    Mutant(
        "adam-one-step-behind", "bench/training/adam.py",
        "self.iterations + 1", "self.iterations + 2", OPTIMIZER, "adam",
    ),
    mutant("agc-of-the-head", AGC, "gradient if is_head else gradient * factor", "gradient * factor"),
    mutant(
        "agc-of-whole-layers", AGC,
        "axes if is_kernel", "tuple(range(len(weight.shape))) if is_kernel", "each_unit",
    ),
    mutant("agc-of-columns-of-embeddings", AGC, "(-1,) if is_table", "(0,) if is_table", "each_unit"),
    mutant("agc-of-single-biases", AGC, "else tuple(range(len(weight.shape)))", "else ()", "each_unit"),
    mutant("agc-keeps-zero-weights-at-zero", AGC, "tf.maximum(norms(weight, axes), SMALLEST)",
           "norms(weight, axes)", "each_unit"),
    mutant("agc-stretches-small-gradients", AGC,
           "tf.minimum(1.0, allowed / norms(gradient, axes))",
           "tf.minimum(1e6, allowed / norms(gradient, axes))", "each_unit"),
    mutant("agc-counts-layers", AGC, "tf.reduce_sum(tf.cast", "tf.reduce_max(tf.cast", "record"),
    Mutant(
        "the-first-layer-is-the-head", "bench/training/roles.py", "kernels[-1]", "kernels[0]",
        "tests/bench/training/test_roles.py", "head",
    ),
    mutant("centralized-over-all-weights", GC, "tf.reduce_mean(gradient, list(axes), keepdims=True)",
           "tf.reduce_mean(gradient)", "projection"),
    mutant("centralized-over-units", GC, "list(axes)", "[-1]", "projection"),
    mutant("centralized-biases-and-embeddings", GC, "if is_kernel else gradient", "", "nothing_else"),
    mutant("centralized-before-clipping", GC, "rank=18,", "rank=5,", "before"),
    mutant("noise-without-the-root", NOISE, "tf.sqrt(eta / (1.0 + tf.cast(step, tf.float32)) ** gamma)",
           "eta / (1.0 + tf.cast(step, tf.float32)) ** gamma"),
    mutant("noise-that-does-not-fade", NOISE, "** gamma)", "** (0.0 * gamma))"),
    Mutant("noise-before-clipping", "strategies/gradient_noise.py", "rank=15,", "rank=5,",
           "tests/strategies/test_gradient_centralization.py", "before"),
    mutant("the-same-noise-for-all-weights", NOISE, "keys(moment.key, len(gradients))",
           "[moment.key] * len(gradients)", "own"),
    mutant("the-same-noise-in-all-steps", NOISE, "keys(moment.key,", "keys(tf.constant([1, 2]),", "own"),
    Mutant("normal-numbers-in-equal-pairs", RANDOM[0], "tf.sin(angle)", "tf.cos(angle)", RANDOM[1],
           "normal"),
    Mutant("infinite-normal-numbers", RANDOM[0], "first + 2.0**-25", "first", RANDOM[1], "infinite"),
]  # fmt: skip
