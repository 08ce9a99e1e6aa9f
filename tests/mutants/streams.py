"""Random streams: every strategy, stage, slot, pass, step and draw has numbers of its own."""

from __future__ import annotations

from tests.mutants import Mutant

MOMENTS, PASS = "bench/training/moments.py", "bench/networks/forward_pass.py"
STREAMS, STAGES = "tests/strategies/test_random_streams.py", "tests/strategies/test_stages.py"
BETWEEN = "own or share_a_key"

MUTANTS = [
    Mutant(
        "one-draw-key-for-all-strategies", MOMENTS,
        'f"draw/{s.facts.name}"', '"draw"', STREAMS, BETWEEN,
    ),
    Mutant(
        "one-stage-key-for-all-strategies", MOMENTS,
        'stream(self.seed, f"{purpose}/{name}", self.step', "stream(self.seed, purpose, self.step",
        STREAMS, BETWEEN,
    ),
    Mutant(
        "one-key-for-all-stages", MOMENTS,
        'stream(self.seed, f"{purpose}/{name}", self.step', "stream(self.seed, name, self.step",
        STREAMS, BETWEEN,
    ),
    Mutant(
        "the-same-stage-keys-in-every-step", MOMENTS,
        "self.step, *positions)", "0 * self.step, *positions)", STREAMS, BETWEEN,
    ),
    Mutant(
        "one-key-for-all-noise-slots", PASS, 'f"noise/{slot.name}"', '"noise"', STREAMS, BETWEEN,
    ),
    Mutant(
        "one-key-for-all-merge-slots", PASS, 'f"merge/{slot.name}"', '"merge"', STREAMS, BETWEEN,
    ),
    Mutant(
        "another-key-for-each-hidden-slot", PASS,
        'self._acting("hidden", "hidden")', 'self._acting("hidden", f"hidden/{slot.name}")',
        STREAMS, BETWEEN,
    ),
    Mutant(
        "new-masks-where-the-gradient-is-computed-again", "bench/training/loss_chain.py",
        "        self._next_noise = 0\n", "        self._next_noise = 0 if first else 1\n",
        STREAMS, "again",
    ),
    Mutant(
        "cutout-rows-and-columns-share-a-key", "strategies/cutout.py",
        "rows, columns = keys(moment.key, 2)", "rows = columns = keys(moment.key, 1)[0]",
        STREAMS, "twice and cutout",
    ),
    Mutant(
        "flips-and-places-share-a-key", "strategies/flip_crop.py",
        "places, turns = keys(moment.key, 2)", "places = turns = keys(moment.key, 1)[0]",
        STREAMS, "twice and flip_crop",
    ),
    Mutant(
        "augmentation-direction-and-choice-share-a-key", "strategies/_image_operations.py",
        "    choice, direction, acting = keys\n",
        "    choice, _, acting = keys\n    direction = choice\n",
        STREAMS, "twice and augment",
    ),
    Mutant(
        "trivial-augment-level-and-choice-share-a-key", "strategies/trivial_augment.py",
        "whole(level, ", "whole(choice, ", STREAMS, "twice and augment",
    ),
    Mutant(
        "cutmix-center-and-gate-share-a-key", "strategies/cutmix.py",
        "stateless_fold_in(key, 3)", "stateless_fold_in(key, 1)", STREAMS, "twice and cutmix",
    ),
    Mutant(
        "manifold-mixup-place-and-lambda-share-a-key", "strategies/manifold_mixup.py",
        "stateless_fold_in(key, 3)", "stateless_fold_in(key, 0)", STREAMS, "twice and manifold",
    ),
    Mutant(
        "word-dropout-at-the-same-positions-in-the-batch", "strategies/word_dropout.py",
        "uniform(key, tf.shape(ids))", "uniform(key, tf.shape(ids)[1:])",
        STREAMS, "every_example and word_dropout",
    ),
    Mutant(
        "embedding-dropout-at-the-same-positions-in-the-batch", "strategies/embedding_dropout.py",
        "dropped(tf.ones(tf.shape(ids)), rate, key)",
        "tf.repeat(dropped(tf.ones([1, length]), rate, key), tf.shape(ids)[0], axis=0)",
        STREAMS, "every_example and embedding_dropout",
    ),
    Mutant(
        "one-crop-for-the-batch", "strategies/translate.py",
        "uniform(moment.key, [2, count])", "tf.tile(uniform(moment.key, [2, 1]), [1, count])",
        STREAMS, "every_example and translate",
    ),
    Mutant(
        "cutmix-ignores-alpha", "strategies/cutmix.py",
        "cuts(key, size, self.alpha,", "cuts(key, size, 1.0,", STAGES, "ignored and cutmix",
    ),
    Mutant(
        "manifold-mixup-ignores-per", "strategies/manifold_mixup.py",
        "self.alpha, self.per,", 'self.alpha, "example",', STAGES, "ignored and manifold",
    ),
    Mutant(
        "rms-norm-loses-its-epsilon", "strategies/rms_norm.py",
        "MapRMSNormalization(epsilon=self.epsilon)", "MapRMSNormalization(epsilon=1e-6)",
        STAGES, "any_kind and rms_norm",
    ),
    Mutant(
        "layers-lose-their-epsilon-when-they-are-made-again", "strategies/_layers.py",
        '{**super().get_config(), "epsilon": self.epsilon}',
        '{**super().get_config(), "epsilon": 1e-3}', STAGES, "ignored and group_norm",
    ),
    Mutant(
        "ghost-batch-norm-loses-its-epsilon", "strategies/ghost_batch_norm.py",
        "GhostBatchNormalization(self.size, self.momentum, self.epsilon)",
        "GhostBatchNormalization(self.size, self.momentum)", STAGES, "ignored and ghost",
    ),
    Mutant(
        "lookahead-ignores-alpha", "strategies/lookahead.py",
        "(1.0 - alpha) * a + alpha * b", "0.5 * a + 0.5 * b",
        STAGES, "ignored and lookahead",
    ),
]  # fmt: skip
