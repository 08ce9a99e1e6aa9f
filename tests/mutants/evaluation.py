"""Evaluation of all arms alike: moving statistics, losses of a model's own, float16."""

from __future__ import annotations

from tests.mutants import Mutant

ARM = "bench/training/compiled_arm.py"
CHAIN = "bench/training/loss_chain.py"
SCALE = "bench/training/loss_scale.py"
KERAS = "tests/bench/training/test_keras_network.py"
IDENTITY = "tests/bench/training/test_identity.py"
FLOAT16 = "tests/bench/training/test_precision.py"
STAGES = "tests/bench/training/test_stage_checks.py"
REPEATED = "tests/bench/training/test_repeatability.py"
EMPTY = "tests/bench/networks/test_empty_text.py"
PREDICTIONS = "tests/bench/training/test_predictions.py"

MUTANTS = [
    Mutant(
        "each-pass-moves-the-statistics", CHAIN,
        "if is_first else", "if True else", IDENTITY, "cifar10-batch_norm-r_drop",
    ),
    Mutant(
        "each-gradient-of-a-step-moves-the-statistics", "bench/training/gradient_chain.py",
        "first=next(computations) == 0", "first=True", "tests/bench/training/test_passes.py",
    ),
    Mutant(
        "averages-alone-are-recalibrated", "bench/training/evaluated_weights.py",
        'if statistics == "recalibrated":',
        'if statistics == "recalibrated" and any(s.touches("evaluated") for s in arm.strategies):',
        KERAS, "keeps_nothing",
    ),
    Mutant(
        "a-shortcuts-sum-is-merged-with-a-normalizations", "bench/networks/forward_pass.py",
        "return tf.ensure_shape(normalized, normalized.shape)", "return normalized",
        IDENTITY, "stochastic_depth",
    ),
    Mutant(
        "frozen-statistics-are-estimated", "bench/training/variables.py",
        "return [v for v in candidates if scope.get_current_value(v) is not None]",
        "return candidates", KERAS, "only_variables or frozen",
    ),
    Mutant(
        "an-estimate-changes-other-variables", ARM,
        "others = [v.value for v in self.network.variables if id(v.value) not in averages]",
        "others = []", KERAS, "only_variables",
    ),
    Mutant(
        "a-models-own-losses-are-lost", CHAIN,
        "for penalty in network.losses]", "for penalty in ()]", KERAS, "own or adds or penalty",
    ),
    Mutant(
        "two-passes-double-a-models-own-losses", CHAIN,
        "/ self._passes if", "/ 1 if", KERAS, "adds and r_drop",
    ),
    Mutant(
        "a-softmax-is-taken-for-logits", "bench/networks/logits.py",
        'PROBABILITIES = ("Softmax", "Sigmoid")', 'PROBABILITIES = ("Sigmoid",)', KERAS, "one_line",
    ),
    Mutant(
        "weights-have-the-names-of-keras", "bench/networks/keras_network.py",
        'f"{number}/{weight.name}": weight', "weight.path: weight", KERAS, "names",
    ),
    Mutant(
        "a-wrapped-networks-zero-is-black", "bench/networks/keras_network.py",
        "self.mean_color.assign(tf.reduce_mean(values, axes))", "pass", KERAS, "mean_color",
    ),
    Mutant(
        "a-wrapped-network-ignores-the-precision", "bench/training/building.py",
        "keras.config.set_dtype_policy(policy(name))", "pass", KERAS, "precision",
    ),
    Mutant(
        "a-skipped-step-decays-the-weights", ARM,
        "chain = update_chain(self.strategies, self.states, self.weights, moments, self._apply)\n"
        "        update = self._scale.guarded(chain, [*self.weights.state, *self._changed_by_losses])",
        "kept = [*self.weights.state, *self._changed_by_losses]\n"
        "        guarded = self._scale.guarded(self._apply, kept)\n"
        "        update = update_chain(self.strategies, self.states, self.weights, moments, guarded)",
        FLOAT16, "skipped",
    ),
    Mutant(
        "a-skipped-step-moves-the-statistics", SCALE,
        "            assign(state, before)\n", "", FLOAT16, "skipped",
    ),
    Mutant(
        "the-loss-scale-is-never-removed", SCALE,
        "[g / self.variables[0] for g in gradients]", "list(gradients)", FLOAT16, "taken_out",
    ),
    Mutant(
        "the-loss-scale-never-falls", SCALE,
        "tf.maximum(scale / 2.0, 1.0)", "scale", FLOAT16, "skipped",
    ),
    Mutant(
        "half-a-batch-is-a-batch", "bench/core/stage_checks.py",
        "if not before.shape.is_compatible_with(after.shape) or before.dtype != after.dtype:",
        "if before.dtype != after.dtype:", STAGES, "fault",
    ),
    Mutant(
        "any-type-is-a-batch", "bench/core/stage_checks.py",
        "if not before.shape.is_compatible_with(after.shape) or before.dtype != after.dtype:",
        "if not before.shape.is_compatible_with(after.shape):", STAGES, "fault",
    ),
    Mutant(
        "random-numbers-of-tensorflow-pass", "bench/training/repeatability.py",
        "if drawn := sorted(STATEFUL & set(operations(arm.graph()))):", "if drawn := ():",
        REPEATED, "gradients",
    ),
    Mutant(
        "other-random-numbers-pass", "bench/training/repeatability.py",
        "if not np.allclose(once, again, RELATIVE, ABSOLUTE, equal_nan=True):", "if False:",
        REPEATED, "generator",
    ),
    Mutant(
        "nothing-has-a-mean", "bench/networks/pooling.py",
        "tf.maximum(tf.reduce_sum(weights, axis=1), 1.0)", "tf.reduce_sum(weights, axis=1)",
        EMPTY, "pooled",
    ),
    Mutant(
        "nothing-has-a-largest-value", "bench/networks/pooling.py",
        "return tf.where(tf.reduce_any(mask, axis=1)[:, None], largest, tf.zeros_like(largest))",
        "return largest", EMPTY, "pooled",
    ),
    Mutant(
        "mirrored-top-to-bottom", "bench/training/predictions.py",
        "values[:, :, ::-1]", "values[:, ::-1]", PREDICTIONS, "mirrored",
    ),
    Mutant(
        "temperature-multiplies", "bench/training/predictions.py",
        "arm.logits(data, some) / chosen", "arm.logits(data, some) * chosen",
        PREDICTIONS, "temperature",
    ),
    Mutant(
        "temperature-of-the-training-examples", "bench/training/predictions.py",
        "arm.data.pool, arm.draw.validation", "arm.data.pool, arm.draw.train",
        PREDICTIONS, "temperature",
    ),
    Mutant(
        "every-pass-has-the-same-noise", "bench/training/predictions.py",
        "number.assign(index)", "number.assign(0)", PREDICTIONS, "nears",
    ),
    Mutant(
        "noise-with-batch-statistics", "bench/training/evaluation.py",
        "Pass(model.strategies, mask, moment_of",
        "Pass(model.strategies, mask, training=moment_of is not None, moment_of",
        PREDICTIONS, "noise",
    ),
    Mutant(
        "predictions-against-the-plain-reference", "bench/analysis/predictions.py",
        "pd.concat([values, by_way[PLAIN].drop(values.index)])", "by_way[PLAIN]",
        "tests/bench/analysis/test_predictions.py", "its_effect",
    ),
]  # fmt: skip
