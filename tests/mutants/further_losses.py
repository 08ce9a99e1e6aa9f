"""PolyLoss, z-loss, generalized cross-entropy, LogitNorm, flooding."""

from __future__ import annotations

from tests.mutants import Mutant

STAGES = "tests/strategies/test_stages.py"


def mutant(name: str, strategy: str, old: str, new: str, only: str = "") -> Mutant:
    file, tests = f"strategies/{strategy}.py", f"tests/strategies/test_{strategy}.py"
    return Mutant(name, file, old, new, tests, only)


GCE = "generalized_cross_entropy"

MUTANTS = [
    mutant(
        "poly-loss-of-the-largest-label", "poly_loss",
        "tf.reduce_sum(targets * (1.0 - tf.nn.softmax(logits)), axis=-1)",
        "1.0 - tf.gather(tf.nn.softmax(logits), tf.argmax(targets, -1), batch_dims=1)",
        "mean_over",
    ),
    mutant("poly-loss-takes-its-term-off", "poly_loss", "+ self.epsilon", "- self.epsilon"),
    mutant(
        "poly-loss-is-no-part-of-the-gradient", "poly_loss",
        "tf.nn.softmax(logits)", "tf.stop_gradient(tf.nn.softmax(logits))", "gradient",
    ),
    mutant(
        "poly-loss-of-the-targets-of-the-batch", "poly_loss",
        "missing_probability(outcome.targets,", "missing_probability(batch.targets,", "mean_over",
    ),
    mutant("z-loss-without-the-square", "z_loss", "tf.square(", "tf.abs("),
    mutant(
        "z-loss-overflows", "z_loss", "tf.reduce_logsumexp(logits, axis=-1)",
        "tf.math.log(tf.reduce_sum(tf.exp(logits), axis=-1))", "overflow",
    ),
    mutant(
        "z-loss-of-log-probabilities", "z_loss",
        "tf.reduce_logsumexp(logits, axis=-1)",
        "tf.reduce_logsumexp(tf.nn.log_softmax(logits), axis=-1)",
    ),
    mutant(
        "gce-of-the-mean-probability", GCE,
        "cross_entropy + tf.reduce_sum(targets * difference, axis=-1)",
        "(1.0 - tf.reduce_sum(targets * tf.exp(log_p), -1) ** q) / q", "formula",
    ),
    mutant("gce-without-its-divisor", GCE, "log_p) / positive", "log_p)", "formula"),
    mutant(
        "gce-with-cancellation", GCE, "-tf.math.expm1(positive * log_p) / positive",
        "(1.0 - tf.exp(positive * log_p)) / positive", "toward",
    ),
    mutant(
        "gce-divides-by-zero", GCE, "positive = tf.where(q > 0.0, q, 1.0)", "positive = q", "certain",
    ),
    mutant(
        "logit-norm-over-the-batch", "logit_norm", "(logits), axis=-1", "(logits), axis=0",
    ),
    mutant(
        "logit-norm-multiplies-by-its-temperature", "logit_norm",
        "logits / (temperature *", "temperature * logits / (",
    ),
    mutant(
        "logit-norm-with-a-constant-norm", "logit_norm",
        "tf.sqrt(tf.maximum(squares", "tf.sqrt(tf.maximum(tf.stop_gradient(squares)", "growing",
    ),
    mutant(
        "logit-norm-with-an-infinite-slope", "logit_norm",
        "tf.sqrt(tf.maximum(squares, SMALLEST**2))", "(tf.sqrt(squares) + SMALLEST)", "zero",
    ),
    mutant(
        "logit-norm-hides-its-logits", "logit_norm",
        "LossResult(losses, logits, outcome.targets)",
        "LossResult(losses, outcome.logits, outcome.targets)", "around",
    ),
    mutant("flooding-above-the-level", "flooding", "loss < level", "loss > level"),
    mutant("flooding-waits-below-the-level", "flooding", "-1.0, 1.0", "0.0, 1.0"),
    mutant(
        "flooding-logs-the-flooded-loss", "flooding", "Gradients(loss, [",
        "Gradients(tf.abs(loss - self.level) + self.level, [",
    ),
    mutant("flooding-outside-sam", "flooding", "rank=70,", "rank=10,", "inside"),
    Mutant(
        "poly-loss-inside-focal-loss", "strategies/poly_loss.py", "rank=60,", "rank=97,",
        STAGES, "wrap",
    ),
]  # fmt: skip
