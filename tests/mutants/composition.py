"""Order of composition, depth of blocks, float16: traps of several techniques."""

from __future__ import annotations

from tests.mutants import Mutant

STAGES, STREAMS = "tests/strategies/test_stages.py", "tests/strategies/test_random_streams.py"
FLOAT16 = "tests/strategies/test_float16.py"


def ranked(name: str, strategy: str, old: int, new: int) -> Mutant:
    """Return a mutant in which a strategy has another rank."""
    file = f"strategies/{strategy}.py"
    order = "before or wrap or averages"
    return Mutant(name, file, f"rank={old},", f"rank={new},", STAGES, order)


MUTANTS = [
    ranked("ema-inside-max-norm", "ema", 10, 25),
    ranked("swa-inside-weight-decay", "swa", 10, 40),
    ranked("focal-loss-outermost", "focal_loss", 90, 1),
    ranked("confidence-penalty-inside-focal-loss", "confidence_penalty", 60, 95),
    ranked("l2-inside-sam", "l2", 20, 70),
    ranked("cutout-after-mixing", "cutout", 30, 60),
    ranked("flip-crop-after-rand-augment", "flip_crop", 10, 25),
    ranked("r-drop-around-fgm", "r_drop", 20, 5),
    ranked("fgm-inside-label-smoothing", "fgm", 10, 55),
    Mutant(
        "updates-composed-in-reverse", "bench/training/update_chain.py",
        "reversed(list(zip(strategies, states, strict=True)))",
        "list(zip(strategies, states, strict=True))", STREAMS, "ranks",
    ),
    Mutant(
        "losses-composed-in-reverse", "bench/training/loss_chain.py",
        "in reversed(strategies):", "in strategies:", STREAMS, "ranks",
    ),
    Mutant(
        "gradients-composed-in-reverse", "bench/training/gradient_chain.py",
        "in reversed(model.strategies):", "in model.strategies:", STREAMS, "ranks",
    ),
    Mutant(
        "strategies-composed-by-name", "bench/core/strategy.py",
        "key=lambda s: (s.facts.rank, s.facts.name)", "key=lambda s: s.facts.name",
        STREAMS, "ranks",
    ),
    Mutant(
        "the-first-residual-block-at-depth-0", "bench/networks/residual.py",
        "depth = (index + 1) / count", "depth = index / count",
        "tests/strategies/test_stochastic_depth.py", "block_l and cifar10",
    ),
    Mutant(
        "the-same-depth-for-all-blocks-of-the-transformer", "bench/networks/transformer.py",
        '"sequence", (index + 1) / count)', '"sequence", 1.0)',
        "tests/strategies/test_stochastic_depth.py", "block_l and transformer",
    ),
    Mutant(
        "weight-decay-fades-with-the-progress", "strategies/weight_decay.py",
        "moment.learning_rate * self.rate", "moment.learning_rate * self.rate * (1.0 - moment.progress)",
        "tests/strategies/test_weight_decay.py", "only_kernels and cifar10",
    ),
    Mutant(
        "the-loss-scale-reaches-the-update", "bench/training/loss_scale.py",
        "[g / self.variables[0] for g in gradients] if self.active else gradients", "gradients",
        FLOAT16, "full_precision",
    ),
    Mutant(
        "a-skipped-step-decays-and-averages", "bench/training/loss_scale.py",
        "tf.cond(finite, lambda: apply(gradients), skip)", "apply(gradients)", FLOAT16, "overflows",
    ),
    Mutant(
        "gradients-of-two-graphs-in-float16", "bench/training/loss_scale.py",
        "update([tf.identity(gradient) for gradient in gradients])", "update(gradients)",
        FLOAT16, "as_they_are",
    ),
    Mutant(
        "cutmix-span-of-the-root-of-its-share", "strategies/cutmix.py",
        "1.0 - share, length,", "tf.sqrt(1.0 - share), length,",
        "tests/strategies/test_cutmix.py", "span_of_a_text",
    ),
    Mutant(
        "cutmix-span-at-the-start-of-the-text", "strategies/cutmix.py",
        "interval(cut.center[:, 0], 1.0 - share", "interval(0.0 * cut.center[:, 0], 1.0 - share",
        "tests/strategies/test_cutmix.py", "span_of_a_text",
    ),
    Mutant(
        "trivial-augment-never-at-full-strength", "strategies/trivial_augment.py",
        "whole(level, batch.values.shape[:1], STRENGTHS)",
        "whole(level, batch.values.shape[:1], STRENGTHS - 1)",
        "tests/strategies/test_trivial_augment.py", "31_strengths",
    ),
]  # fmt: skip
