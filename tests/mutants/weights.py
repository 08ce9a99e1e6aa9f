"""Techniques on weights and gradients, averages of weights, and early stopping."""

from __future__ import annotations

from tests.mutants import Mutant

DECAY, L2, MAX_NORM = "strategies/weight_decay.py", "strategies/l2.py", "strategies/max_norm.py"
KERNELS = "strategies/_weights.py"
EMA, SWA, AVERAGES = "strategies/ema.py", "strategies/swa.py", "strategies/_averages.py"
CLIP, STOP = "strategies/gradient_clipping.py", "strategies/early_stopping.py"


def tests(name: str) -> str:
    return f"tests/strategies/test_{name}.py"


MUTANTS = [
    Mutant(
        "weight-decay-of-scales-and-biases", DECAY,
        "strict=True) if yes]", "strict=True)]", tests("weight_decay"), "only_kernels",
    ),
    Mutant(
        "all-variables-count-as-kernels", "bench/training/variables.py",
        'decayed=[role_of[id(v)].kind != "other" for v in trainable]',
        "decayed=[True for v in trainable]",
        tests("weight_decay"), "only_kernels",
    ),
    Mutant(
        "weight-decay-without-the-learning-rate", DECAY,
        "moment.learning_rate * self.rate", "self.rate", tests("weight_decay"),
    ),
    Mutant(
        "weight-decay-through-the-gradient", DECAY,
        "        decay(kernels, moment.learning_rate * self.rate)\n        rest(gradients)",
        "        pairs = zip(gradients, weights.trainable, weights.decayed, strict=True)\n"
        "        rest([g + self.rate * w if yes else g for g, w, yes in pairs])",
        tests("weight_decay"), "adamw",
    ),
    Mutant(
        "l2-of-scales-and-biases", L2,
        "gradient + self.strength * weight if yes else gradient",
        "gradient + self.strength * weight", tests("l2"),
    ),
    Mutant(
        "l2-gradient-twice-as-strong", L2,
        "gradient + self.strength", "gradient + 2.0 * self.strength", tests("l2"),
    ),
    Mutant(
        "l2-missing-in-the-objective", L2,
        "loss + penalty([w for w, yes in penalized if yes], self.strength)", "loss",
        tests("l2"),
    ),
    Mutant(
        "max-norm-of-outgoing-weights", KERNELS,
        "tf.square(values), list(axes), keepdims", "tf.square(values), [-1], keepdims",
        tests("max_norm"),
    ),
    Mutant(
        "max-norm-before-the-update", MAX_NORM,
        "        rest(gradients)\n        largest = []\n        for kernel, axes in kernels(weights):\n"
        "            largest.append(tf.reduce_max(norms(kernel, axes)))\n"
        "            kernel.assign(within_norm(kernel, self.limit, axes))\n",
        "        largest = []\n        for kernel, axes in kernels(weights):\n"
        "            largest.append(tf.reduce_max(norms(kernel, axes)))\n"
        "            kernel.assign(within_norm(kernel, self.limit, axes))\n        rest(gradients)\n",
        tests("max_norm"), "after_the_update",
    ),
    Mutant(
        "max-norm-of-embeddings", KERNELS,
        "[decayed and not table for", "[decayed for", tests("max_norm"), "after_the_update",
    ),
    Mutant(
        "max-norm-over-the-leading-axes-whatever-the-role", KERNELS,
        "list(weights.inputs or last)", "last", tests("max_norm"), "role",
    ),
    Mutant(
        "kernels-by-rank", "bench/training/roles.py",
        "if name in KERNELS or (rank > 1 and not any(word in name for word in others)):",
        "if rank > 1:", "tests/bench/training/test_roles.py",
    ),
    Mutant(
        "max-norm-counts-every-step", MAX_NORM,
        "count(state, tf.reduce_max(largest) > self.limit)", "count(state, tf.constant(True))",
        tests("max_norm"), "share",
    ),
    Mutant(
        "clipping-counts-after-it-has-clipped", CLIP,
        "count(state, norm > self.norm)",
        "count(state, tf.linalg.global_norm(clip(gradients, norm, self.norm)) > self.norm * 1.01)",
        tests("gradient_clipping"), "share",
    ),
    Mutant(
        "max-norm-pulls-all-to-the-limit", MAX_NORM,
        "tf.minimum(1.0, limit / norms(kernel, axes))", "(limit / norms(kernel, axes))",
        tests("max_norm"),
    ),
    Mutant(
        "ema-without-bias-correction", AVERAGES,
        "tf.math.divide_no_nan(tf.cast(share, tf.float32), total)", "share", tests("ema"),
    ),
    Mutant(
        "averages-of-the-weights-before-the-update", AVERAGES,
        "        rest(gradients)\n        take_in(state, weights.trainable, *self.shares(moment))",
        "        take_in(state, weights.trainable, *self.shares(moment))\n        rest(gradients)",
        tests("ema"), "loop",
    ),
    Mutant(
        "ema-swaps-its-shares", EMA,
        "return decay, 1.0 - decay", "return 1.0 - decay, decay",
        tests("ema"),
    ),
    Mutant(
        "averages-with-lagging-statistics", "bench/training/evaluated_weights.py",
        'if statistics == "recalibrated":', "if False:", tests("swa"), "moving_statistics",
    ),
    Mutant(
        "averages-stay-after-an-evaluation", "bench/training/evaluated_weights.py",
        "assign(arm.network.variables, trained)", "pass", tests("ema"), "training_is_untouched",
    ),
    Mutant(
        "recalibration-keeps-the-last-batch-alone", "bench/training/evaluation.py",
        "variable.assign(tf.add_n(values) / batches / (1.0 - momentum))",
        "variable.assign(values[-1] / (1.0 - momentum))", tests("swa"), "moving_statistics",
    ),
    Mutant(
        "swa-from-the-first-step-on", SWA,
        "moment.progress >= self.start", "moment.progress >= 0.0", tests("swa"), "evaluated",
    ),
    Mutant(
        "swa-as-an-exponential-average", SWA,
        "return 1.0, tf.cast", "return 0.5, tf.cast", tests("swa"), "evaluated",
    ),
    Mutant(
        "swa-under-a-falling-rate", SWA,
        "return rest(tf.minimum(step, tf.cast(self.start * steps, tf.int32)))",
        "return rest(step)", tests("swa"), "rate",
    ),
    Mutant(
        "swa-evaluates-nothing-before-its-start", AVERAGES,
        "tf.where(total > 0.0, average, weight) for", "average for", tests("swa"), "evaluated",
    ),
    Mutant(
        "clipping-of-each-gradient-alone", CLIP,
        "return [gradient * scale for gradient in gradients]",
        "return [tf.clip_by_norm(gradient, limit) for gradient in gradients]",
        tests("gradient_clipping"),
    ),
    Mutant(
        "clipping-stretches-small-gradients", CLIP,
        "tf.minimum(1.0, limit / norm)", "limit / norm", tests("gradient_clipping"),
    ),
    Mutant(
        "clipping-is-not-exact-within-the-limit", CLIP,
        "scale = tf.minimum(1.0, limit / norm)",
        "scale = limit / (tf.maximum(limit, norm) + 1e-6)",
        tests("gradient_clipping"),
    ),
    Mutant(
        "early-stopping-waits-for-loss-to-rise", STOP,
        "math.nan if v is None else -v", "math.nan if v is None else v", tests("early_stopping"),
    ),
    Mutant(
        "early-stopping-keeps-equal-scores", STOP,
        "best = numbers.index(max(numbers))",
        "best = len(numbers) - 1 - numbers[::-1].index(max(numbers))", tests("early_stopping"),
    ),
    Mutant(
        "early-stopping-keeps-the-last-weights", "bench/training/evaluated_weights.py",
        "if kept is not None:", "if False:", tests("early_stopping"), "trial",
    ),
]  # fmt: skip
