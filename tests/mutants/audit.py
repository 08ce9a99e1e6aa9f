"""The audit: what would let a wrong implementation pass, or blame a right one."""

from __future__ import annotations

from tests.mutants import Mutant

AUDIT = "bench/audit/audit.py"
AUGMENTATION = "bench/audit/augmentation.py"
FINDING = "bench/audit/finding.py"
LOSSES = "bench/audit/losses.py"
MIXING = "bench/audit/mixing.py"
NOISE = "bench/audit/noise.py"
PICTURES = "bench/audit/pictures.py"

WHOLE = "tests/bench/audit/test_audit.py"
OF_AUGMENTATION = "tests/bench/audit/test_augmentation.py"
OF_FINDING = "tests/bench/audit/test_finding.py"
OF_MIXING = "tests/bench/audit/test_mixing.py"
OF_PICTURES = "tests/bench/audit/test_pictures.py"

MUTANTS = [
    Mutant("all-checks-must-differ", AUDIT, "return any(", "return all(", WHOLE, "the_command"),
    Mutant("value-range-is-ignored", AUDIT, 'known.get("value_range")', "None", WHOLE, "have_the_range"),
    Mutant("audit-ends-with-0", "bench/cli/audit.py", "raise typer.Exit(DIFFERS)", "return", WHOLE,
           "the_command"),
    Mutant("expectation-is-ignored", "bench/audit/claim.py", "{**own, **values}", "own", WHOLE,
           "the_command"),
    Mutant("skipped-checks-agree", FINDING, 'reason, "does not apply")', 'reason, "agrees")', WHOLE,
           "cannot_be_made"),
    Mutant("exceptions-are-skipped", FINDING,
           'judged(check, expected, f"fails: {one_line(error)}", False)',
           'skipped(check, f"fails: {one_line(error)}")', OF_FINDING),
    Mutant("smaller-means-agree", FINDING, "gap = abs(float(first.mean()) - float(second.mean()))",
           "gap = float(first.mean()) - float(second.mean())", OF_FINDING),
    Mutant("smaller-losses-agree", LOSSES, "abs(value - expected) <=", "value - expected <=", WHOLE,
           "planted and _loss"),
    Mutant("weights-of-labels-within-5-percent", LOSSES, "atol=5e-4", "rtol=0.05", WHOLE,
           "planted and _loss"),
    Mutant("soft-labels-are-hard", LOSSES, "0.7 * first + 0.3 * second", "first", WHOLE, "hard_loss"),
    Mutant("sums-count-as-means", LOSSES, "if whole.shape.rank:", "if whole.shape.rank is not None:",
           WHOLE, "planted and _loss"),
    Mutant("half-precision-is-not-given", LOSSES, "tf.cast(logits, kind)", "logits", WHOLE,
           "scaled_loss"),
    Mutant("large-logits-are-small", LOSSES, ", 5, scale=50.0)", ", 5)", WHOLE, "naive_loss"),
    Mutant("label-gaps-are-averaged", MIXING, "mixture.labels(given)).max(1)",
           "mixture.labels(given)).mean(1)", OF_MIXING),
    Mutant("labels-of-any-partner-agree", MIXING, "np.where(mixture.fits, gap, own)", "own", OF_MIXING),
    Mutant("pastes-are-folded", MIXING, "1.0 - weights) if blends else weights", "1.0 - weights)",
           OF_MIXING),
    Mutant("faint-blends-are-pastes", MIXING, "one.weights > FAINT", "one.weights > 0.0", OF_MIXING),
    Mutant("larger-weights-agree", MIXING, "stats.ks_2samp(folded(measured), folded(expected))",
           'stats.ks_2samp(folded(measured), folded(expected), alternative="greater")', OF_MIXING),
    Mutant("smaller-weights-agree", MIXING, "stats.ks_2samp(folded(measured), folded(expected))",
           'stats.ks_2samp(folded(measured), folded(expected), alternative="less")', OF_MIXING),
    Mutant("a-shared-lambda-counts-for-each-example", MIXING, "        if shared\n",
           "        if False\n", OF_MIXING),
    Mutant("numbers-broadcast-to-a-matrix-are-labels", MIXING,
           "labels.shape == probe.labels.shape and np.allclose(labels.sum(-1), 1.0, atol=1e-3)",
           "labels.shape == probe.labels.shape", OF_MIXING),
    Mutant("policy-comes-after-the-layer", PICTURES, "after = fresh(before)", "after = call(before)",
           OF_PICTURES),
    Mutant("failures-in-mixed-precision-are-refusals", PICTURES, 'if variant.dtype == "float32":',
           'if variant.policy == "float32":', OF_PICTURES),
    Mutant("labels-in-evaluation-are-not-seen", PICTURES, "bool(change == 0.0 and moved == 0.0)",
           "bool(change == 0.0)", OF_PICTURES),
    Mutant("equal-epochs-are-fine", PICTURES, "<= VARIANTS[0].tolerance and not again",
           "<= VARIANTS[0].tolerance", OF_PICTURES),
    Mutant("each-epoch-is-traced-again", PICTURES, "list(data.as_numpy_iterator())",
           "list(tf.data.Dataset.from_tensor_slices((source.images, call.labels(source)))"
           ".batch(batch).map(call.tensors).as_numpy_iterator())", OF_PICTURES),
    Mutant("larger-areas-agree", AUGMENTATION, "stats.ks_2samp(*areas)",
           'stats.ks_2samp(*areas, alternative="greater")', OF_AUGMENTATION),
    Mutant("any-share-of-pictures-may-change", AUGMENTATION, 'acting = "prob" in vars(strategy) or',
           "acting =", OF_AUGMENTATION),
    Mutant("one-draw-for-a-batch-is-fine", AUGMENTATION, "max(kinds) > 1", "max(kinds) > 0", WHOLE,
           "batch_flip"),
    Mutant("calls-count-as-examples", NOISE, "enumerate(names, 1)", "enumerate(names)", WHOLE,
           "row_dropout"),
    Mutant("noise-in-mixed-precision-is-float32", NOISE, "with policy(name):",
           'with policy("float32"):', WHOLE, "MaskedDropout"),
]  # fmt: skip
