"""Records of trials and of step times: the schemas of `trials/*.json` and `step_time/*.json`.

Numbers are finite or null; a diverged trial has null for every quantity that it did not reach.
Accuracies are fractions, losses are in nats, times in seconds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256
from statistics import median
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA = 1

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class Schema(BaseModel):
    """A frozen value that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Use(Schema):
    """A strategy of an arm, with its parameters."""

    name: Name
    parameters: dict[str, bool | int | float | str] = {}

    @property
    def label(self) -> str:
        """`mixup[alpha=0.4]`, parameters in alphabetical order."""
        return self.name + "".join(f"[{k}={v}]" for k, v in sorted(self.parameters.items()))


class Evaluation(Schema):
    """One point of the learning curve, on the validation split in evaluation mode."""

    step: Count
    examples: Count
    train_loss: Finite | None
    """Mean objective since the last evaluation, with every term that the arm adds to it."""
    validation_accuracy: Fraction
    validation_nll: Finite | None


class CalibrationBin(Schema):
    """Test examples of one confidence bin; 15 equal bins divide the largest probability."""

    count: Count
    confidence: Fraction
    accuracy: Fraction


class Scores(Schema):
    """The one evaluation of the test split, and clean accuracies in evaluation mode."""

    test_accuracy: Fraction
    validation_accuracy: Fraction
    train_accuracy: Fraction
    """Accuracy on a fixed clean subset of the training examples, for an honest gap."""
    nll: Finite | None
    brier: Finite | None
    ece: Fraction | None
    class_correct: tuple[Count, ...]
    class_total: tuple[Count, ...]
    calibration: tuple[CalibrationBin, ...] = ()
    correct: str
    """Bits of the test examples that were classified correctly: `numpy.packbits`, in base64."""
    validation_nll: Finite | None = None
    """Null in records of older versions."""


class Hashes(Schema):
    """Hashes that the arms of a seed must share, so that their difference is the treatment's effect."""

    initial_weights: dict[str, str]
    """Slot name -> hash of the weight."""
    batch_order: str
    """Hash of the row numbers of every batch, in order."""
    data: str
    """Hash of the examples for training and evaluation."""
    pool: str = ""
    """Hash of the arrays from which each seed draws its examples; empty if all seeds share them."""


class Record(Schema):
    """Measurements of one trial."""

    schema_version: Literal[1] = 1
    study: Name
    task: Name
    arm: Name
    seed: Count
    status: Literal["ok", "diverged"]
    classes: Annotated[int, Field(ge=2)]
    data: Name
    """`tfds:cifar10:3.0.2` or `synthetic:...`."""
    synthetic: bool
    recipe: dict[str, Any]
    settings: dict[str, Any]
    """Settings outside the recipe that must match too: precision, XLA, kind of device."""
    strategies: tuple[Use, ...]
    """Strategies in the order of their composition."""
    streams: int = 0
    """Number of the random streams for dropout and batch order; an A/A arm has its own."""
    hashes: Hashes
    curve: tuple[Evaluation, ...]
    steps: Count
    examples: Count
    final: Scores | None
    """Null if training diverged."""
    other_statistics: Scores | None = None
    """Scores with the `statistics` that the recipe does not name; null without moving statistics."""
    predictions: dict[str, Scores] = {}
    """Scores of the ways to predict that `recipe.predictions` names, where they apply to the arm."""
    parameters: Count
    step_flops: Finite | None = None
    """Floating-point operations of the matrix products and convolutions of a training step.

    A multiply-add counts as two. Null if the count would be a guess, as in a recurrent network.
    """
    trace_seconds: Finite
    train_seconds: Finite
    evaluation_seconds: Finite
    environment: dict[str, Any]
    facts: dict[str, Any] = {}
    """Notes of a strategy or of the harness: early stop, kernel path."""
    code: dict[str, str] = {}
    """Code of the arm, as in `Arm.code`; empty in records of older versions."""

    @property
    def statistics_gain(self) -> float | None:
        """Test accuracy of recalibrated statistics less that of moving ones, in points, if measured."""
        if self.final is None or self.other_statistics is None:
            return None
        gain = 100 * (self.final.test_accuracy - self.other_statistics.test_accuracy)
        return gain if self.recipe.get("statistics") == "recalibrated" else -gain

    @property
    def trial(self) -> str:
        """Return the name of the trial."""
        return trial_name(self.task, self.arm, self.seed)

    @property
    def training_flops(self) -> float | None:
        """Return the floating-point operations of all training steps; None if not counted."""
        return None if self.step_flops is None else self.step_flops * self.steps


def trial_name(task: str, arm: str, number: int) -> str:
    """Name a trial (number: its seed) or a timing (its process), in characters safe in a file name."""
    return f"{file_stem(task, arm)}{number:03d}"


def file_stem(task: str, arm: str) -> str:
    """Return the common prefix of the names of an arm's files.

    Characters other than letters, digits, `_`, `+`, `.`, `=` and `-` become `-`. If that or the cut
    at 80 characters changed the arm's name, a short hash of it keeps two arms apart.
    """
    safe = re.sub(r"[^A-Za-z0-9_+.=-]", "-", arm)[:80].strip(".")
    if safe != arm:
        safe = f"{safe}-{sha256(arm.encode()).hexdigest()[:8]}"
    clean_task = re.sub(r"[^A-Za-z0-9_-]", "-", task)[:60]
    return f"{clean_task}--{safe}--"


def is_synthetic(data: str) -> bool:
    """Tell generated data from real data by the identity that a task gives: `synthetic:...`."""
    return data.startswith("synthetic:")


def paired_ratio(arm_ms: Sequence[float], reference_ms: Sequence[float]) -> float:
    """Return the median ratio of an arm's blocks to the blocks of its reference beside them."""
    return median(arm / other for arm, other in zip(arm_ms, reference_ms, strict=True))


class StepTime(Schema):
    """Step time of an arm beside its reference, measured in one fresh process.

    Blocks of `block_steps` steps alternate (A B B A ...). Block i of the arm and block i of the
    reference are a pair.
    """

    schema_version: Literal[1] = 1
    study: Name
    task: Name
    arm: Name
    reference: Name
    process: Count
    data: Name
    synthetic: bool
    recipe: dict[str, Any]
    settings: dict[str, Any]
    block_steps: Annotated[int, Field(ge=1)]
    arm_ms: tuple[Finite, ...]
    """Milliseconds of a step, one for each block."""
    reference_ms: tuple[Finite, ...]
    warm_up_steps: Count
    first_step_seconds: Finite
    """Seconds of the first step, with tracing and compilation."""
    reference_first_step_seconds: Finite
    peak_memory_mb: Finite | None
    """Peak of a process that runs this arm only, 10^6 bytes; null if it was not measured."""
    reference_peak_memory_mb: Finite | None
    parameters: Count
    reference_parameters: Count
    batch_size: Annotated[int, Field(ge=1)]
    input_ms: Finite | None
    """Milliseconds that the input pipeline alone (shuffle, gather) takes for a step."""
    step_flops: Finite | None
    matrix_flops_per_second: Finite | None
    """Rate of a large matrix product in this process: the machine's practical limit."""
    device: Name
    """`CPU`, or the driver's name of the GPU."""
    machine: Name
    """Fingerprint of the hardware. Step times of two machines are never mixed."""
    load_average: Finite | None
    started: str = ""
    """Start of the measurement, UTC, ISO 8601 with microseconds; empty in older records."""
    environment: dict[str, Any]
    notes: tuple[str, ...] = ()
    """Remarks: a changed kernel path, a block that never settled."""
    code: dict[str, str] = {}
    """Code of the arm, as in `Arm.code`; empty in records of older versions."""

    @property
    def ratio(self) -> float:
        """Return the step time of the arm as a multiple of its reference's."""
        return paired_ratio(self.arm_ms, self.reference_ms)


class PeakMemory(Schema):
    """Peak memory of a process that trains one arm only; a `StepTime` stores it."""

    task: Name
    arm: Name
    process: Count
    peak_memory_mb: Finite | None
