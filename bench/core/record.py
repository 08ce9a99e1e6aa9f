"""What one trial measured: the versioned schema of `trials/<trial>.json`.

Numbers in a record are finite or null; a diverged trial has null where nothing could be measured.
Accuracies are fractions, losses are in nats, times in seconds.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA = 1

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class Schema(BaseModel):
    """A frozen value that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Use(Schema):
    """A strategy with its parameters, as an arm uses it."""

    name: Name
    parameters: dict[str, bool | int | float | str] = {}


class Evaluation(Schema):
    """One point of the learning curve, on the validation split in evaluation mode."""

    step: Count
    examples: Count
    train_loss: Finite | None
    """Mean objective since the last evaluation, with everything that the arm adds to it."""
    validation_accuracy: Fraction
    validation_nll: Finite | None


class CalibrationBin(Schema):
    """Test examples whose confidence (largest probability) fell into one of 15 equal bins."""

    count: Count
    confidence: Fraction
    accuracy: Fraction


class Scores(Schema):
    """The one evaluation of the test split, and clean accuracies in evaluation mode."""

    test_accuracy: Fraction
    validation_accuracy: Fraction
    train_accuracy: Fraction
    """On a fixed clean subset of the training examples: the honest gap."""
    nll: Finite | None
    brier: Finite | None
    ece: Fraction | None
    class_correct: tuple[Count, ...]
    class_total: tuple[Count, ...]
    calibration: tuple[CalibrationBin, ...] = ()
    correct: str
    """Which test examples were right: packed bits (`numpy.packbits`), base64."""


class Hashes(Schema):
    """What the arms of a seed must share for their difference to be the treatment's effect."""

    initial_weights: dict[str, str]
    """Per slot name."""
    batch_order: str
    """Of the row numbers of every batch, in order."""
    data: str
    """Of the arrays that were trained and evaluated on."""


class Record(Schema):
    """All that one trial measured."""

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
    """What is not the recipe's and still must match: precision, XLA, device kind."""
    strategies: tuple[Use, ...]
    """In the order of their composition."""
    streams: int = 0
    """Which dropout and order streams: an A/A arm has others than the baseline."""
    hashes: Hashes
    curve: tuple[Evaluation, ...]
    steps: Count
    examples: Count
    final: Scores | None
    """Null where training diverged."""
    parameters: Count
    trace_seconds: Finite
    train_seconds: Finite
    evaluation_seconds: Finite
    environment: dict[str, Any]
    facts: dict[str, Any] = {}
    """What a strategy or the harness noted: early stop, kernel path."""

    @property
    def trial(self) -> str:
        return trial_name(self.task, self.arm, self.seed)


def trial_name(task: str, arm: str, seed: int) -> str:
    """A file name for a trial: readable, safe, and different for different arms.

    Characters other than letters, digits, `_`, `+`, `.`, `=` and `-` become `-`; where that (or the
    length) lost something, a short hash of the arm's name keeps two arms apart.
    """
    safe = re.sub(r"[^A-Za-z0-9_+.=-]", "-", arm)[:80].strip(".")
    if safe != arm:
        safe = f"{safe}-{sha256(arm.encode()).hexdigest()[:8]}"
    clean_task = re.sub(r"[^A-Za-z0-9_-]", "-", task)[:60]
    return f"{clean_task}--{safe}--{seed:03d}"


class StepTime(Schema):
    """What one fresh process measured of an arm's compiled step beside its reference's.

    `step_time/<trial>.json`, where the number is the process's and no seed. Blocks of `block_steps`
    steps alternate (A B B A ...); block i of the arm and block i of the reference form a pair.
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
    """Milliseconds a step, one for each block."""
    reference_ms: tuple[Finite, ...]
    warm_up_steps: Count
    first_step_seconds: Finite
    """Trace and compile included."""
    reference_first_step_seconds: Finite
    peak_memory_mb: Finite | None
    """Of a process that runs only this arm; null where it was not measured."""
    reference_peak_memory_mb: Finite | None
    parameters: Count
    reference_parameters: Count
    batch_size: Annotated[int, Field(ge=1)]
    input_ms: Finite | None
    """The input pipeline alone (shuffle, gather), milliseconds a step."""
    step_flops: Finite | None
    matrix_flops_per_second: Finite | None
    """What a large matrix product reached in this process: the machine's practical rate."""
    device: Name
    """`CPU`, or the driver's name of the GPU."""
    machine: Name
    """Fingerprint of the hardware; step times of two machines are never mixed."""
    load_average: Finite | None
    environment: dict[str, Any]
    notes: tuple[str, ...] = ()
    """A changed kernel path, a block that never settled."""


class PeakMemory(Schema):
    """What a process that trains one arm and nothing else used; it goes into a `StepTime`."""

    task: Name
    arm: Name
    process: Count
    peak_memory_mb: Finite | None
