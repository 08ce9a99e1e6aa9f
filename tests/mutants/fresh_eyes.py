"""Slips that a fresh reader of the code made up before looking at any test."""

from __future__ import annotations

from tests.mutants import Mutant

MUTANTS = [
    Mutant(
        "first-look-with-the-degrees-of-now", "bench/stats/errors.py",
        "variance, df = self.at(start, first_df)",
        "variance, df = self.at(start, self.sd_df)",
        "tests/bench/stats/test_laws.py", "first_look",
    ),
    Mutant(
        "variances-correlate-like-differences", "bench/stats/moderated.py",
        "squared = correlated**2 ",
        "squared = correlated ",
        "tests/bench/stats/test_moderated.py", "cover",
    ),
    Mutant(
        "paule-mandel-counts-all-effects", "bench/stats/shrinkage.py",
        "float(weighted.sum()) - (len(effect) - 1)",
        "float(weighted.sum()) - len(effect)",
        "tests/bench/stats/test_shrinkage.py", "equal_errors",
    ),
    Mutant(
        "rate-interval-of-95-percent", "bench/stats/rates.py",
        '"newcomb", "diff", 2 * SAME_ALPHA',
        '"newcomb", "diff", SAME_ALPHA',
        "tests/bench/stats/test_rates.py", "newcombe",
    ),
    Mutant(
        "degrees-of-freedom-do-not-grow", "bench/stats/power.py",
        "number, np.maximum(sample_errors.sd_df + number - trials, 1.0)",
        "number, np.maximum(sample_errors.sd_df, 1.0)",
        "tests/bench/stats/test_power.py", "fewest",
    ),
    Mutant(
        "one-baseline-level-for-all-seeds", "bench/stats/additive.py",
        "float(rest @ rest), len(scores) - len(size))",
        "float(rest @ rest), len(scores) - 1)",
        "tests/bench/stats/test_additive.py", "noise",
    ),
    Mutant(
        "redrawn-step-times-not-widened", "bench/analysis/front.py",
        "return np.asarray(values.mean() + np.sqrt(n / (n - 1)) * (counts @ values - values.mean()))",
        "return np.asarray(counts @ values)",
        "tests/bench/analysis/test_front.py", "two_processes",
    ),
    Mutant(
        "best-among-one-arm-fewer", "bench/analysis/best.py",
        "beaten(mean, spread.error, law, len(rows), ALPHA)",
        "beaten(mean, spread.error, law, len(samples), ALPHA)",
        "tests/bench/analysis/test_best.py", "half_of_the_error",
    ),
    Mutant(
        "targets-from-the-mean-accuracy", "bench/analysis/convergence.py",
        'groups["validation_accuracy"].median() - chance',
        'groups["validation_accuracy"].mean() - chance',
        "tests/bench/analysis/test_convergence.py", "one_bad_seed",
    ),
    Mutant(
        "smallest-of-several-aa-arms-unadjusted", "bench/analysis/null.py",
        "min(1.0, len(p) * p.min())",
        "min(1.0, p.min())",
        "tests/bench/analysis/test_null.py", "smallest_of_several",
    ),
    Mutant(
        "shrunk-across-references", "bench/analysis/inference.py",
        'treated.groupby(["task", "reference", "metric"], sort=False)',
        'treated.groupby(["task", "metric"], sort=False)',
        "tests/bench/analysis/test_effects.py", "another_reference",
    ),
    Mutant(
        "one-converged-trial-counts-alone", "bench/compare/units.py",
        "counted = converged if len(converged) > 1 else line.seeds",
        "counted = converged if converged else line.seeds",
        "tests/bench/compare/test_divergence.py", "stand_for_nine",
    ),
    Mutant(
        "occasions-differ-by-one-sd", "bench/compare/occasions.py",
        "error = occasions.sd * np.sqrt(2)",
        "error = occasions.sd",
        "tests/bench/compare/test_occasions.py", "more_than_one_varies",
    ),
    Mutant(
        "pace-of-the-first-round", "bench/advising/lab.py",
        "for state in reversed(rounds))",
        "for state in rounds)",
        "tests/bench/advising/test_advise.py", "took_in_the_last_round",
    ),
    Mutant(
        "pace-of-one-worker", "bench/advising/lab.py",
        "elapsed = sum(map(_seconds, ended)) / last.jobs",
        "elapsed = sum(map(_seconds, ended))",
        "tests/bench/advising/test_lab.py", "side_by_side",
    ),
    Mutant(
        "failed-techniques-stay", "bench/advising/choosing.py",
        "if stack and stack not in evidence.failed]",
        "if stack]",
        "tests/bench/advising/test_advise.py", "fails_is_not_tried_again",
    ),
    Mutant(
        "rates-survive-or-vanish", "bench/advising/choosing.py",
        "names = list(dict.fromkeys([*survivors, *rates]))",
        "names = survivors",
        "tests/bench/advising/test_choosing.py", "did_not_survive",
    ),
    Mutant(
        "early-stopping-chosen-by-validation", "bench/advising/advise.py",
        'if self.builder.strategy(name).touches("stopping"):',
        "if False:",
        "tests/bench/advising/test_advise.py", "selects_by_validation",
    ),
    Mutant(
        "deadline-left-to-the-consumer", "bench/running/collect.py",
        "        stopped_at(deadline, executor),\n",
        "",
        "tests/bench/running/executors/test_deadline.py", "passes_during_one",
    ),
    Mutant(
        "rate-credited-to-a-technique", "bench/script/notes.py",
        "if not tuned and any(change.startswith(OF_RECIPE) for change in other.treatment):",
        "if False:",
        "tests/bench/advising/test_answer.py", "not_credited",
    ),
    Mutant(
        "gram-of-the-last-block", "bench/training/muon.py",
        "gram = tf.matmul(tf.matmul(product, start), product)",
        "gram = tf.matmul(product, start)",
        "tests/bench/training/test_optimizer.py", "orthogonalized_is",
    ),
    Mutant(
        "seeds-of-the-last-round-only", "bench/advising/choosing.py",
        "sum(len(r.seeds) for r in ended)",
        "sum(len(r.seeds) for r in ended[-1:])",
        "tests/bench/advising/test_simulated.py", "share_a_seed",
    ),
    Mutant(
        "kib-as-thousand-bytes", "bench/timing/resident_memory.py",
        "int(line.split()[1]) * 1024 / 1e6",
        "int(line.split()[1]) / 1e3",
        "tests/bench/timing/test_resident_memory.py", "units",
    ),
    Mutant(
        "mean-of-deviations", "bench/training/covariate_shift.py",
        "float(np.sqrt(values.var(axis=0).mean()))",
        "float(values.std(axis=0).mean())",
        "tests/bench/training/test_covariate_shift.py", "by_their_variance",
    ),
    Mutant(
        "train-loss-since-the-beginning", "bench/training/checkpoint.py",
        "            loss_sum=0.0,\n            loss_steps=0,\n            curve",
        "            curve",
        "tests/bench/training/test_checkpoint.py", "train_loss",
    ),
    Mutant(
        "test-pixels-by-their-own-range", "bench/data/pixels.py",
        "Pixels(after, converted(test, whole), change)",
        "Pixels(after, converted(test, ranges[1]), change)",
        "tests/bench/data/test_pixels.py", "scaled_alike",
    ),
    Mutant(
        "channel-statistics-with-the-test-split", "bench/data/own/prepare.py",
        'if split == "train":',
        "if len(values):",
        "tests/bench/data/own/test_images.py", "npz_keeps",
    ),
    Mutant(
        "script-counts-epochs-one-step-early", "bench/script/step.py",
        '"epoch": "step // per_epoch"',
        '"epoch": "(step + 1) // per_epoch"',
        "tests/bench/script/test_equal.py", "counts_epochs and online",
    ),
    Mutant(
        "whitening-takes-corners-column-by-column", "bench/networks/fast.py",
        "for i in (0, 1) for j in (0, 1)]",
        "for j in (0, 1) for i in (0, 1)]",
        "tests/bench/networks/test_fast.py", "uncorrelated",
    ),
    Mutant(
        "attention-scaled-by-the-whole-width", "bench/networks/transformer.py",
        "transpose_b=True) / math.sqrt(width // self.heads)",
        "transpose_b=True) / math.sqrt(width)",
        "tests/bench/networks/test_transformer.py",
    ),
    Mutant(
        "inserted-words-never-end-a-text", "strategies/eda.py",
        "places = shuffle(length + inserted, chance)",
        "places = shuffle(length, chance)",
        "tests/strategies/test_eda.py", "after_the_last",
    ),
    Mutant(
        "patches-never-at-the-far-border", "strategies/resizemix.py",
        "tf.cast(height - tall + 1, tf.float32)",
        "tf.cast(height - tall, tf.float32)",
        "tests/strategies/test_resizemix.py", "uniform_places",
    ),
    Mutant(
        "power-iterations-from-one-vector", "strategies/orthogonal.py",
        "deviation(flat, normal(start, [flat.shape[1]]))",
        "deviation(flat, normal(moment.key, [flat.shape[1]]))",
        "tests/strategies/test_orthogonal.py", "starts_elsewhere",
    ),
    Mutant(
        "ghost-batches-averaged-backward", "strategies/_layers.py",
        "momentum ** (count - 1 - i)",
        "momentum**i",
        "tests/strategies/test_ghost_batch_norm.py", "parts_of_the_batch",
    ),
    Mutant(
        "erased-rectangles-never-touch-the-far-border", "strategies/random_erasing.py",
        "(top + tall <= height) & (left + wide <= width)",
        "(top + tall < height) & (left + wide < width)",
        "tests/strategies/test_random_erasing.py", "by_the_algorithm",
    ),
    Mutant(
        "soft-labels-counted-by-smoothed-targets", "strategies/online_label_smoothing.py",
        "correct_predictions(outcome.logits, batch.targets)",
        "correct_predictions(outcome.logits, targets)",
        "tests/strategies/test_online_label_smoothing.py", "alpha_of_the_hard",
    ),
]  # fmt: skip
