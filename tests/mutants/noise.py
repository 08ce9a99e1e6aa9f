"""Dropout in all its forms, and stochastic depth."""

from __future__ import annotations

from tests.mutants import Mutant

SHARED = "strategies/_noise.py"
SPATIAL, DEPTH = "strategies/spatial_dropout.py", "strategies/stochastic_depth.py"
WORDS = "strategies/embedding_dropout.py"
WIDE = "tests/strategies/test_registry_wide.py"


def tests(name: str) -> str:
    return f"tests/strategies/test_{name}.py"


MUTANTS = [
    Mutant(
        "dropout-scales-in-evaluation", SHARED,
        "return tf.cast(tf.cast(values, tf.float32) * noise",
        "noise *= 1.0 - rate\n    return tf.cast(tf.cast(values, tf.float32) * noise",
        tests("dropout"),
    ),
    Mutant(
        "dropout-draws-in-half-precision", SHARED,
        "noise = tf.where(drawn >= rate",
        "drawn = tf.cast(drawn, values.dtype)\n"
        "    noise = tf.where(drawn >= tf.cast(rate, values.dtype)",
        tests("dropout"),
    ),
    Mutant(
        "dropout-with-one-key-for-ever", SHARED,
        "uniform(key,", "uniform(tf.constant([1, 2]),", tests("dropout"),
    ),
    Mutant(
        "dropout-of-feature-maps", SHARED,
        'if slot.kind == "map":', "if False:", tests("dropout"),
    ),
    Mutant(
        "dropout-mixes-up-its-rates", SHARED,
        'rate if slot.kind == "vector"', 'rate if slot.kind != "vector"',
        tests("dropout"),
    ),
    Mutant(
        "dropout-in-evaluation-too", "bench/networks/forward_pass.py",
        "        if self._moment_of is None:\n            return []",
        "        if self._moment_of is None:\n"
        "            from tests.strategies.moments import moment as made\n"
        "            self._moment_of = lambda *_: made()",
        WIDE, "in_evaluation and cifar10-dropout",
    ),
    Mutant(
        "spatial-dropout-of-single-activations", SPATIAL,
        "between = [1] * (len(values.shape) - 2)", "between = shape[1:-1]",
        tests("spatial_dropout"),
    ),
    Mutant(
        "spatial-dropout-for-the-whole-batch", SPATIAL,
        "[shape[0], *between", "[1, *between", tests("spatial_dropout"),
    ),
    Mutant(
        "stochastic-depth-for-the-whole-batch", DEPTH,
        "[tf.shape(branch)[0], *ones]", "[1, *ones]", tests("stochastic_depth"),
    ),
    Mutant(
        "stochastic-depth-without-inverse-scaling", DEPTH,
        "shortcut + dropped(branch,", "shortcut + (1.0 - rate) * dropped(branch,",
        tests("stochastic_depth"),
    ),
    Mutant(
        "stochastic-depth-drops-the-shortcut", DEPTH,
        "return shortcut + dropped(branch, rate, key, [tf.shape(branch)[0], *ones])",
        "return dropped(shortcut + branch, rate, key, [tf.shape(branch)[0], *ones])",
        tests("stochastic_depth"),
    ),
    Mutant(
        "stochastic-depth-alike-at-all-depths", DEPTH,
        "self.rate * slot.depth", "self.rate", tests("stochastic_depth"),
    ),
    Mutant(
        "embedding-dropout-of-single-places", WORDS,
        "kept = tf.gather(noise, first, batch_dims=1)[..., None]", "kept = noise[..., None]",
        tests("embedding_dropout"),
    ),
    Mutant(
        "embedding-dropout-with-the-words-of-one-text", WORDS,
        "kept = tf.gather(noise, first, batch_dims=1)",
        "kept = tf.gather(noise[0], ids)", tests("embedding_dropout"),
    ),
    Mutant(
        "embedding-dropout-of-single-features", WORDS,
        "return embeddings * tf.cast(kept, embeddings.dtype)",
        "return dropped(embeddings, rate, key)", tests("embedding_dropout"),
    ),
    Mutant(
        "the-embedded-stage-is-forgotten", "bench/training/batch_stages.py",
        'embeddings = kept(strategy, "embedded", embeddings, changed)',
        'kept(strategy, "embedded", embeddings, changed)',
        WIDE, "switching and imdb-embedding_dropout",
    ),
]  # fmt: skip
