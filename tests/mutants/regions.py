"""Random erasing, GridMask, ResizeMix, and MixUp or CutMix."""

from __future__ import annotations

from tests.mutants import Mutant

ERASING, GRID = "strategies/random_erasing.py", "strategies/grid_mask.py"
RESIZE, SWITCH = "strategies/resizemix.py", "strategies/mixup_cutmix.py"


def tests(file: str) -> str:
    return file.replace("strategies/", "tests/strategies/test_")


MUTANTS = [
    Mutant(
        "erasing-of-rectangles-that-do-not-fit", ERASING,
        "fits = (top + tall <= height) & (left + wide <= width)", "fits = top >= 0", tests(ERASING),
    ),
    Mutant(
        "erasing-at-places-where-it-fits", ERASING,
        "top = tf.cast(row * float(height), tf.int32)\n"
        "    left = tf.cast(column * float(width), tf.int32)",
        "top = tf.cast(row * tf.cast(height - tall + 1, tf.float32), tf.int32)\n"
        "    left = tf.cast(column * tf.cast(width - wide + 1, tf.float32), tf.int32)",
        tests(ERASING),
    ),
    Mutant(
        "erasing-with-the-aspect-of-the-sides-squared", ERASING,
        "tf.sqrt(pixels * aspect)", "tf.sqrt(pixels) * aspect", tests(ERASING),
    ),
    Mutant(
        "erasing-with-one-key-for-the-corner", ERASING,
        "top = tf.cast(row *", "top = tf.cast(column *", tests(ERASING),
    ),
    Mutant(
        "erasing-with-one-color-for-a-pixel", ERASING,
        "uniform(noise, images.shape)", "uniform(noise, [*images.shape[:3], 1])", tests(ERASING),
    ),
    Mutant(
        "erasing-with-noise-of-raw-pixels", ERASING,
        "RANGE * (2.0 * uniform(noise, images.shape) - 1.0)",
        "uniform(noise, images.shape)", tests(ERASING),
    ),
    Mutant("erasing-of-every-image", ERASING, "< self.prob", "< 1.0", tests(ERASING)),
    Mutant(
        "grid-mask-of-the-stripes", GRID, "return ~(down & across)", "return down & across", tests(GRID)
    ),
    Mutant(
        "grid-mask-without-the-squares", GRID,
        "return ~(down & across)", "return ~(down | across)", tests(GRID),
    ),
    Mutant(
        "grid-mask-from-the-first-step", GRID,
        "ramped(self.prob, self.ramp, moment.progress)", "self.prob", tests(GRID),
    ),
    Mutant(
        "ramps-that-never-end", "strategies/_schedule.py",
        "tf.minimum(progress / ramp, 1.0)", "progress / ramp", tests(GRID), "grows",
    ),
    Mutant(
        "grid-mask-of-one-place", GRID,
        "uniform(places, [count, 2])", "tf.zeros([count, 2])", tests(GRID),
    ),
    Mutant(
        "grid-mask-turned-around-a-square-s-center", GRID,
        "(width - 1) / 2)[None, None, :]", "(height - 1) / 2)[None, None, :]", tests(GRID),
    ),
    Mutant(
        "grid-mask-with-units-of-the-longer-side", GRID,
        "float(min(height, width))", "float(max(height, width))", tests(GRID),
    ),
    Mutant(
        "resizemix-label-of-the-scale", RESIZE,
        "tf.cast(tall * wide, tf.float32) / float(height * width)", "patch.scale", tests(RESIZE),
    ),
    Mutant(
        "resizemix-label-before-pixels-are-whole", RESIZE,
        "tf.cast(tall * wide, tf.float32) / float(height * width)", "patch.scale**2", tests(RESIZE),
    ),
    Mutant(
        "resizemix-label-of-the-other", RESIZE,
        "Pairs(patch.partners, kept)", "Pairs(patch.partners, 1.0 - kept)", tests(RESIZE),
    ),
    Mutant(
        "resizemix-cuts-instead", RESIZE,
        "step = float(length) / tf.cast(tf.maximum(size, 1), tf.float32)[:, None, None]",
        "step = tf.ones_like(tf.cast(size, tf.float32))[:, None, None]", tests(RESIZE),
    ),
    Mutant(
        "resizemix-without-antialiasing", RESIZE,
        "tf.abs(center - positions[None, None, :]) / step",
        "tf.abs(center - positions[None, None, :])", tests(RESIZE),
    ),
    Mutant(
        "resizemix-corners-aligned", RESIZE, " + 0.5) * step - 0.5", ") * step", tests(RESIZE)
    ),
    Mutant(
        "resizemix-never-at-the-last-place", RESIZE,
        "tf.cast(height - tall + 1, tf.float32)", "tf.cast(height - tall, tf.float32)",
        tests(RESIZE),
    ),
    Mutant(
        "resizemix-square-patches", RESIZE,
        "for side in (height, width))", "for side in (height, height))", tests(RESIZE),
    ),
    Mutant(
        "cutmix-of-what-mixup-made", SWITCH,
        "mixup(batch, blended), cutmix(batch, cut)",
        "mixup(batch, blended), cutmix(mixup(batch, blended), cut)", tests(SWITCH),
    ),
    Mutant(
        "one-switch-for-the-batch", SWITCH,
        '[1 if self.per == "batch" else size]', "[1]", tests(SWITCH),
    ),
    Mutant(
        "targets-of-the-other-technique", SWITCH,
        "chosen(cutting, pasted.targets, mixed.targets)",
        "chosen(~cutting, pasted.targets, mixed.targets)", tests(SWITCH),
    ),
    Mutant(
        "the-mask-of-mixup-for-all", SWITCH,
        "chosen(cutting, pasted.mask, mixed.mask)", "mixed.mask", tests(SWITCH),
    ),
    Mutant(
        "one-key-for-mixup-and-cutmix", SWITCH,
        "cuts(cutting, size,", "cuts(blending, size,", tests(SWITCH), "its_own",
    ),
    Mutant(
        "alphas-confused", SWITCH,
        "cuts(cutting, size, self.cutmix_alpha", "cuts(cutting, size, self.mixup_alpha", tests(SWITCH),
    ),
]  # fmt: skip
