"""The audit: what would let a wrong implementation pass, or blame a right one."""

from __future__ import annotations

from tests.mutants import Mutant

AUDIT = "bench/audit/audit.py"
AUGMENTATION = "bench/audit/augmentation.py"
FINDING = "bench/audit/finding.py"
LOSSES = "bench/audit/losses.py"
CALLING = "bench/audit/calling.py"
MIXING = "bench/audit/mixing.py"
NOISE = "bench/audit/noise.py"
PICTURES = "bench/audit/pictures.py"

WHOLE = "tests/bench/audit/test_audit.py"
OF_AUGMENTATION = "tests/bench/audit/test_augmentation.py"
OF_LOSSES = "tests/bench/audit/test_losses.py"
OF_NOISE = "tests/bench/audit/test_noise.py"
OF_SEEDS = "tests/bench/audit/test_seeds.py"
OF_FINDING = "tests/bench/audit/test_finding.py"
OF_MIXING = "tests/bench/audit/test_mixing.py"
OF_PICTURES = "tests/bench/audit/test_pictures.py"

MUTANTS = [
    Mutant("all-checks-must-differ", AUDIT, "return any(", "return all(", WHOLE, "the_command"),
    Mutant("value-range-is-ignored", AUDIT, 'known.get("value_range")', "None", WHOLE, "have_the_range"),
    Mutant("pixels-begin-at-0", AUDIT, "return Range(low, own)", "return Range(0.0, own)", WHOLE,
           "have_the_range"),
    Mutant("audit-ends-with-0", "bench/cli/audit.py", "raise typer.Exit(DIFFERS)", "return", WHOLE,
           "the_command"),
    Mutant("expectation-is-ignored", "bench/audit/claim.py", "{**own, **values}", "own", WHOLE,
           "the_command"),
    Mutant("schedules-are-looked-at-in-the-middle", "bench/audit/claim.py",
           "return max(MOMENTS, key=strength)", "return 0.5", OF_NOISE, "schedule"),
    Mutant("nothing-is-traced", CALLING, "            self.act = graph\n", "            pass\n",
           OF_MIXING, "numpy_stays"),
    Mutant("labels-are-float32-alone", CALLING, '(False, "float64"), ', "", OF_MIXING, "float64"),
    Mutant("tracebacks-are-told", FINDING, "if any(line.startswith(TRACEBACKS) for line in lines):",
           "if False:", OF_FINDING),
    Mutant("ignored-seeds-are-fine", "bench/audit/seeds.py",
           "if all(np.array_equal(first, drawn(seed)) for seed in OTHERS):", "if False:", OF_SEEDS),
    Mutant("one-seed-may-draw-other-numbers", "bench/audit/seeds.py",
           "if not np.array_equal(first, drawn(SEED)):", "if False:", OF_SEEDS),
    Mutant("any-patch-is-fine", "bench/audit/pasted.py", "bool(share >= LEAST_SHARE)",
           "bool(share >= 0.0)", OF_MIXING, "shows"),
    Mutant("skipped-checks-agree", FINDING, 'reason, "does not apply")', 'reason, "agrees")', WHOLE,
           "cannot_be_made"),
    Mutant("exceptions-are-skipped", FINDING,
           'judged(check, expected, f"fails: {one_line(error)}", False)',
           'skipped(check, f"fails: {one_line(error)}")', OF_FINDING),
    Mutant("smaller-means-agree", FINDING, "gap = abs(float(first.mean()) - float(second.mean()))",
           "gap = float(first.mean()) - float(second.mean())", OF_FINDING),
    Mutant("smaller-losses-agree", LOSSES, "np.max(np.abs(value - wanted)", "np.max((value - wanted)",
           WHOLE, "planted and _loss"),
    Mutant("losses-are-compared-by-their-mean", LOSSES, " and apart <= near", "", OF_LOSSES,
           "right_mean"),
    Mutant("losses-may-be-off-by-a-class", LOSSES, "near = min(1e-3, 0.05 / targets.shape[-1])",
           "near = 1e-3", OF_LOSSES, "one_class_fewer"),
    Mutant("weights-may-be-off-by-a-class", LOSSES,
           "near = min(5e-4, other) if other > 2e-6 else 5e-4", "near = 5e-4", OF_LOSSES,
           "one_class_fewer"),
    Mutant("soft-labels-are-hard", LOSSES, "0.7 * first + 0.3 * second", "first", WHOLE, "hard_loss"),
    Mutant("sums-count-as-means", LOSSES, "if whole.shape.rank:\n            return \"one",
           "if whole.shape.rank is not None:\n            return \"one", WHOLE, "planted and _loss"),
    Mutant("half-precision-is-not-given", LOSSES, "tf.cast(logits, kind)", "logits", WHOLE,
           "scaled_loss"),
    Mutant("large-logits-are-small", LOSSES, ", 5, scale=50.0)", ", 5)", WHOLE, "naive_loss"),
    Mutant("label-gaps-are-averaged", MIXING, "mixture.labels(given)).max(1)",
           "mixture.labels(given)).mean(1)", OF_MIXING),
    Mutant("labels-of-any-partner-agree", MIXING, "np.where(mixture.fits, gap, mixture.weights)",
           "np.abs((labels * given).sum(1) - (1.0 - mixture.weights))", OF_MIXING, "another_partner"),
    Mutant("boxes-of-no-picture-are-fine", MIXING, "np.where(mixture.fits, gap, mixture.weights)",
           "np.where(mixture.fits, gap, np.abs((labels * given).sum(1) - (1.0 - mixture.weights)))",
           OF_MIXING, "no_picture"),
    Mutant("a-picture-is-never-its-own-partner", MIXING,
           "np.minimum(np.abs(own - (1.0 - mixture.weights)), np.abs(own - 1.0))",
           "np.abs(own - (1.0 - mixture.weights))", OF_MIXING, "into_itself"),
    Mutant("pastes-are-folded", MIXING, "1.0 - weights) if blends else weights", "1.0 - weights)",
           OF_MIXING),
    Mutant("faint-blends-are-pastes", MIXING, "one.weights > FAINT", "one.weights > 0.0", OF_MIXING),
    Mutant("larger-weights-agree", MIXING, "stats.ks_2samp(folded(measured), folded(expected))",
           'stats.ks_2samp(folded(measured), folded(expected), alternative="greater")', OF_MIXING),
    Mutant("smaller-weights-agree", MIXING, "stats.ks_2samp(folded(measured), folded(expected))",
           'stats.ks_2samp(folded(measured), folded(expected), alternative="less")', OF_MIXING),
    Mutant("a-shared-lambda-counts-for-each-example", MIXING, "if not dependent(mixtures):",
           "if mixtures:", OF_MIXING, "once"),
    Mutant("only-equal-weights-are-shared", MIXING, "if count < 2 or size < 2:", "if count:", OF_MIXING,
           "once"),
    Mutant("a-lambda-may-stay", MIXING, "fresh = found.mean() <= expected.mean() or", "fresh = True or",
           OF_MIXING, "stay"),
    Mutant("numbers-broadcast-to-a-matrix-are-labels", MIXING,
           "labels.shape == probe.labels.shape and np.allclose(labels.sum(-1), 1.0, atol=1e-3)",
           "labels.shape == probe.labels.shape", OF_MIXING),
    Mutant("integers-may-cut-labels-off", PICTURES,
           "return found, off <= VARIANTS[0].tolerance\n", "return found, True\n", OF_PICTURES),
    Mutant("bytes-are-given-to-signed-pixels", PICTURES, "pixels.low < 0.0", "pixels.low > 0.0",
           OF_PICTURES),
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
    Mutant("a-place-may-stay", AUGMENTATION, "fresh = found.mean() <= expected.mean() or",
           "fresh = True or", OF_AUGMENTATION, "once_a_trace"),
    Mutant("any-share-of-pictures-may-change", AUGMENTATION, 'acting = "prob" in vars(strategy) or',
           "acting =", OF_AUGMENTATION),
    Mutant("one-draw-for-a-batch-is-fine", AUGMENTATION, "max(kinds) > 1", "max(kinds) > 0", WHOLE,
           "batch_flip"),
    Mutant("a-mask-may-stay", NOISE, "words, fresh and not same)", "words, not same)", OF_NOISE,
           "other_noise"),
    Mutant("calls-count-as-examples", NOISE, "enumerate(names, 1)", "enumerate(names)", WHOLE,
           "row_dropout"),
    Mutant("noise-in-mixed-precision-is-float32", NOISE, "with policy(name):",
           'with policy("float32"):', WHOLE, "MaskedDropout"),
]  # fmt: skip
