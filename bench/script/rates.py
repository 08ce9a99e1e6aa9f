"""The learning rate and the optimizer of a recipe as text."""

from __future__ import annotations

from bench.core.recipe import Recipe
from bench.script.pieces import Pieces
from bench.training.adam import make_adam
from bench.training.muon import make_muon
from bench.training.schedule import TRIANGLE_START

COURSES = {
    "cosine": ("along half a cosine", "0.5 * (1.0 + tf.cos(np.pi * passed))"),
    "linear": ("along a straight line", "1.0 - passed"),
    "triangle": ("along a straight line", "1.0 - passed"),
}
"""Schedule -> its decay, in words and in code."""


def schedule(recipe: Recipe, name: str) -> str:
    """Write the function of the learning rate of a step."""
    course = COURSES.get(recipe.schedule)
    start = " from a fifth of it" if recipe.schedule == "triangle" else ""
    fall = f", then fall {course[0]}" if course else " and stay there"
    if course and recipe.final_rate:
        fall += " to FINAL_RATE of it"
    lines = [
        f"def {name}(step):",
        f'    """Rise to the peak{start}{fall}; `step` counts from 0."""',
        "    rising = max(1, round(WARMUP * STEPS))",
        "    now = tf.cast(step, tf.float32)",
        "    up = (now + 1.0) / rising",
    ]
    if recipe.schedule == "triangle":
        lines.append(f"    up = {TRIANGLE_START} + {1.0 - TRIANGLE_START} * up")
    if course is None:
        return "\n".join([*lines, "    return LEARNING_RATE * tf.minimum(up, 1.0)"])
    lines.append("    passed = tf.minimum((now + 1.0 - rising) / max(1, STEPS - rising), 1.0)")
    lines.append(f"    down = {course[1]}")
    if recipe.final_rate:
        lines.append("    down = FINAL_RATE + (1.0 - FINAL_RATE) * down")
    return "\n".join([*lines, "    return LEARNING_RATE * tf.where(now < rising, up, down)"])


def optimizer(recipe: Recipe, pieces: Pieces) -> str:
    """Write the expression that makes the optimizer."""
    if recipe.optimizer == "sgd":
        return "keras.optimizers.SGD(LEARNING_RATE, momentum=MOMENTUM, nesterov=True)"
    if recipe.optimizer == "muon":
        return f"{pieces.include(make_muon)}(LEARNING_RATE, MOMENTUM)"
    return f"{pieces.include(make_adam)}(LEARNING_RATE)"


def constants(recipe: Recipe) -> list[str]:
    """Write the recipe's parameters as constants."""
    rising = f"WARMUP = {recipe.warmup}  # share of the steps in which the learning rate rises"
    lines = [
        f"STEPS = {recipe.steps}",
        f"BATCH_SIZE = {recipe.batch_size}",
        f"LEARNING_RATE = {recipe.learning_rate}  # at its peak",
        rising,
    ]
    if recipe.schedule != "constant" and recipe.final_rate:
        lines.append(
            f"FINAL_RATE = {recipe.final_rate}  # after the last step, as a share of the peak"
        )
    if recipe.optimizer != "adam":
        lines.append(f"MOMENTUM = {recipe.momentum}")
    return lines
