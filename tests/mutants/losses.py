"""Confidence penalty, focal loss, R-Drop, SAM, FGM, manifold MixUp."""

from __future__ import annotations

from tests.mutants import Mutant

CONFIDENCE = "strategies/confidence_penalty.py", "tests/strategies/test_confidence_penalty.py"
FOCAL = "strategies/focal_loss.py", "tests/strategies/test_focal_loss.py"
R_DROP = "strategies/r_drop.py", "tests/strategies/test_r_drop.py"
SAM = "strategies/sam.py", "tests/strategies/test_sam.py"
MOVED = "strategies/_sharpness.py", "tests/strategies/test_sam.py"
FGM = "strategies/fgm.py", "tests/strategies/test_fgm.py"
MANIFOLD = "strategies/manifold_mixup.py", "tests/strategies/test_manifold_mixup.py"


def mutant(name: str, where: tuple[str, str], old: str, new: str, only: str = "") -> Mutant:
    file, tests = where
    return Mutant(name, file, old, new, tests, only)


MUTANTS = [
    mutant("confidence-rewarded", CONFIDENCE, "losses - self.beta", "losses + self.beta"),
    mutant(
        "entropy-without-a-stable-logarithm", CONFIDENCE,
        "tf.nn.log_softmax(logits)", "tf.math.log(tf.nn.softmax(logits))",
    ),
    mutant(
        "focus-on-the-label's-class-only", FOCAL,
        "tf.reduce_sum(targets * (1.0 - rest**gamma) * log_p, axis=-1)",
        "tf.reduce_sum(targets * (1.0 - rest**gamma), -1) * tf.reduce_sum(targets * log_p, -1)",
    ),
    mutant(
        "focus-without-a-floor", FOCAL, "tf.maximum(-tf.math.expm1(log_p), 1e-7)",
        "-tf.math.expm1(log_p)",
    ),
    mutant("focus-is-no-part-of-the-gradient", FOCAL, "rest**gamma)", "tf.stop_gradient(rest)**gamma)"),
    mutant(
        "r-drop-doubles-the-batch", R_DROP,
        "first, second = rest(batch), rest(batch)",
        "both = rest(batch._replace(values=tf.concat([batch.values] * 2, 0), "
        "targets=tf.concat([batch.targets] * 2, 0)))\n        "
        "first, second = (LossResult(*(tf.split(v, 2)[i] for v in both)) for i in range(2))",
        "half_the_papers",
    ),
    mutant("r-drop-in-one-direction", R_DROP, "(log_p - log_q)", "log_p", "half_the_papers"),
    mutant("r-drop-without-dropout", R_DROP, "return dropped_by_kind(",
           "return (lambda slot, values, *_: values)("),
    mutant("r-drop-repeats-the-mask", R_DROP, "moment.key", "tf.constant([1, 2])", "different_masks"),
    mutant(
        "sam-updates-moving-statistics-twice", MOVED,
        "[*weights.trainable, *weights.state], [*start, *state], strict=True",
        "weights.trainable, start, strict=True",
    ),
    mutant("sam-freezes-moving-statistics", MOVED, "[tf.identity(s) for s in weights.state]",
           "[0.0 * s for s in weights.state]"),
    mutant(
        "sam-norm-of-each-weight-by-itself", SAM,
        "scale * gradient for", "scale_to(self.rho, [gradient]) * gradient for",
    ),
    mutant("sam-downhill", MOVED, "value + move", "value - move"),
    mutant(
        "sam-divides-by-zero", MOVED,
        "tf.math.divide_no_nan(tf.cast(radius, tf.float32), norm)", "radius / norm",
    ),
    mutant("sam-stays-uphill", MOVED, "[*start, *state]",
           "[*(tf.identity(w) for w in weights.trainable), *state]"),
    mutant("fgm-norm-of-each-token", FGM, "axis=[1, 2]", "axis=2"),
    mutant("fgm-moves-padding", FGM, "tf.cast(gradient, tf.float32) * there",
           "tf.cast(gradient, tf.float32)"),
    mutant("fgm-escaped-by-large-embeddings", FGM, "epsilon * sigma", "epsilon * 0.2"),
    mutant("fgm-differentiates-its-perturbation", FGM,
           "tf.stop_gradient(tf.cast(moved, batch.values.dtype))",
           "tf.cast(moved, batch.values.dtype)"),
    mutant("fgm-without-the-clean-gradients", FGM, "+ (line - tf.stop_gradient(line))", "+ 0.0"),
    mutant("fgm-helps-the-network", FGM, "batch.values + moved", "batch.values - moved"),
    mutant("manifold-mixup-at-every-slot", MANIFOLD,
           "tf.where(here, pairs.share, 1.0)", "pairs.share"),
    mutant("manifold-mixup-at-the-input-only", MANIFOLD,
           "tf.cast(place * total, tf.int32), number", "0, number"),
    mutant("manifold-mixup-without-labels", MANIFOLD,
           "return mixup(batch, chosen(drawn.pairs, drawn.place, slot.number, slot.total))",
           "return mixup(batch, chosen(drawn.pairs, drawn.place, slot.number, slot.total))"
           "._replace(targets=batch.targets)"),
]  # fmt: skip
