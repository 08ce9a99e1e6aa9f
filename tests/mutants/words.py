"""NEFTune and token cutoff."""

from __future__ import annotations

from tests.mutants import Mutant

NOISE, CUT = "strategies/neftune.py", "strategies/token_cutoff.py"


def tests(file: str) -> str:
    return file.replace("strategies/", "tests/strategies/test_")


MUTANTS = [
    Mutant(
        "neftune-by-the-padded-length", NOISE,
        "length = tf.maximum(tf.reduce_sum(there, axis=1), 1.0)",
        "length = tf.reduce_sum(tf.ones_like(there), axis=1)", tests(NOISE),
    ),
    Mutant(
        "neftune-by-the-length-alone", NOISE, "length * float(embeddings.shape[-1])", "length",
        tests(NOISE),
    ),
    Mutant("neftune-without-the-root", NOISE, "tf.math.rsqrt(", "1.0 / (", tests(NOISE)),
    Mutant("neftune-on-padding", NOISE, " * there[..., None]", "", tests(NOISE), "padding"),
    Mutant(
        "neftune-upward", NOISE, "2.0 * uniform(key, tf.shape(embeddings)) - 1.0",
        "uniform(key, tf.shape(embeddings))", tests(NOISE),
    ),
    Mutant(
        "neftune-alike-in-all-features", NOISE,
        "uniform(key, tf.shape(embeddings))", "uniform(key, [*embeddings.shape[:2], 1])",
        tests(NOISE),
    ),
    Mutant(
        "neftune-of-an-empty-text", NOISE,
        "tf.maximum(tf.reduce_sum(there, axis=1), 1.0)", "tf.reduce_sum(there, axis=1)",
        tests(NOISE), "empty",
    ),
    Mutant(
        "cutoff-with-replacement", CUT,
        "return place >= cut[:, None]",
        "return ~mask | (uniform(key, tf.shape(mask)) >= ratio)", tests(CUT), "exactly",
    ),
    Mutant(
        "cutoff-of-padding", CUT,
        "tf.where(mask, uniform(key, tf.shape(mask)), 2.0)", "uniform(key, tf.shape(mask))",
        tests(CUT), "exactly",
    ),
    Mutant(
        "cutoff-of-the-first-tokens", CUT,
        "uniform(key, tf.shape(mask))",
        "tf.cast(tf.range(mask.shape[1]), tf.float32) / 1e6 + tf.zeros(tf.shape(mask))",
        tests(CUT), "exactly",
    ),
    Mutant(
        "cutoff-of-the-clean-pass-too", CUT,
        "clean = rest(batch)", "batch = batch._replace(values=0.5 * batch.values)\n"
        "        clean = rest(batch)", tests(CUT),
    ),
    Mutant(
        "cutoff-divergence-in-one-direction", CUT,
        "0.5 * (apart[0] + apart[1])", "apart[0]", tests(CUT),
    ),
    Mutant(
        "cutoff-divergence-overflows", CUT,
        "tf.reduce_logsumexp(logs, axis=0) - tf.math.log(2.0)",
        "tf.math.log(0.5 * (tf.exp(logs[0]) + tf.exp(logs[1])))\n"
        "    mean = tf.where(tf.math.is_inf(mean), 0.0, mean)\n"
        "    logs = [tf.math.log(tf.exp(log)) for log in logs]",
        tests(CUT), "jensen",
    ),
    Mutant(
        "cutoff-teaches-one-side", CUT,
        "divergence(clean.logits, cut.logits)",
        "divergence(clean.logits, tf.stop_gradient(cut.logits))", tests(CUT),
    ),
    Mutant(
        "cutoff-sums-its-losses", CUT,
        "(clean.losses + terms) / (1.0 + self.alpha)", "clean.losses + terms", tests(CUT),
    ),
]  # fmt: skip
