"""The contract of a strategy: what a regularization technique may change, stage by stage.

A strategy is a frozen dataclass; its fields are the hyperparameters (declared with `parameter`), its
class attribute `facts` says what it is. It overrides only the stages that it touches; the harness
finds out by looking which ones those are. Each stage is a pure function of tensors:

| stage         | changes                                                  | runs                    |
| ------------- | -------------------------------------------------------- | ----------------------- |
| normalization | fills the normalization slots of the network (exclusive) | when the network is built |
| kernel        | a kernel before it is used (reparametrization)           | in every forward pass   |
| noise         | activations at a slot                                    | training forward passes |
| merge         | how a residual branch joins its shortcut (exclusive)     | training forward passes |
| hidden        | a hidden state and the targets with it                   | training forward passes |
| schedule      | wraps the learning rate of a step                        | every training step     |
| examples      | the raw batch: pixels in [0, 1], token ids               | every training step     |
| embedded      | embeddings, next to the token ids that they come from    | every training step     |
| features      | the continuous input: standardized pixels, embeddings    | every training step     |
| loss          | wraps the loss of a batch of features                    | every training step     |
| gradients     | wraps the computation of gradients                       | every training step     |
| update        | wraps the optimizer's update                             | every training step     |
| evaluated     | which weights are evaluated in place of the trained ones | before an evaluation    |
| stopping      | keeps a best state, stops early                          | after an evaluation     |

The stages that wrap get the rest of the chain as `rest`; strategies of lower `facts.rank` are the
outer ones. That order is recorded with every trial.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, TypeAlias

from bench.core.errors import UsageError, unknown

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from bench.core.record import Evaluation

    Tensor: TypeAlias = tf.Tensor
else:
    Tensor: TypeAlias = Any

Modality = Literal["image", "text"]
Cost = Literal["free", "cheap", "moderate", "double"]

COST_LIMITS: Mapping[str, float] = {"free": 0.03, "cheap": 0.15, "moderate": 0.60, "double": 1.30}
"""Extra step time over the baseline's that a cost class allows, as a fraction."""


class Batch(NamedTuple):
    """A batch as the batch stages see it."""

    values: Tensor
    """Images [B, H, W, C], token ids [B, T] (examples) or embeddings [B, T, D] (features)."""
    mask: Tensor | None
    """Boolean [B, T], true where there is a token; None for images."""
    targets: Tensor
    """Soft one-hot labels, float32 [B, K]."""


class Moment(NamedTuple):
    """When and under which random key a stage runs; everything is a tensor."""

    key: Tensor
    """Stateless random key, int32 [2], of this strategy, purpose and step alone."""
    step: Tensor
    """int32 scalar, from 0."""
    progress: Tensor
    """float32 scalar, step / steps of the recipe, in [0, 1)."""
    learning_rate: Tensor
    """float32 scalar, this step's."""
    drawn: Any = None
    """What `draw` returned for this step, where a strategy has it."""


class Slot(NamedTuple):
    """A named place in a network where a strategy may act."""

    name: str
    kind: str
    """`map` [B, H, W, C], `sequence` [B, T, D] (masked) or `vector` [B, D]."""
    depth: float = 0.0
    """Position in the network: 0 at the input, 1 at the last one of its sort."""
    number: int = 0
    """Of a hidden slot, filled in by the harness: how many a forward pass has met before it."""
    total: int = 1
    """Of a hidden slot, filled in by the harness: how many hidden slots the network has."""


class LossResult(NamedTuple):
    """What the loss stage returns for a batch of features."""

    losses: Tensor
    """float32 [B]; their mean is the objective."""
    logits: Tensor
    """[B, K]."""
    targets: Tensor
    """[B, K], as the hidden stage left them."""


class Gradients(NamedTuple):
    """The objective and its gradients, in the order of `Weights.trainable`."""

    loss: Tensor
    values: list[Any]


class Weights(NamedTuple):
    """A network's variables."""

    trainable: Sequence[Any]
    decayed: Sequence[bool]
    """For each trainable one: is it a kernel or an embedding (no norm's scale, no bias)?"""
    tables: Sequence[bool]
    """For each trainable one: is it an embedding, whose rows are the vectors?"""
    state: Sequence[Any]
    """What training changes without gradients: moving averages."""


Schedule: TypeAlias = Callable[[Tensor], Tensor]
Loss: TypeAlias = Callable[[Batch], LossResult]
Differentiate: TypeAlias = Callable[[], Gradients]
Update: TypeAlias = Callable[[Sequence[Any]], None]


@dataclass(frozen=True)
class Paper:
    """Where a technique comes from."""

    authors: str
    year: int
    title: str
    arxiv: str = ""
    """arXiv id; empty where there is none."""


@dataclass(frozen=True)
class Facts:
    """What is known of a strategy before it runs."""

    name: str
    family: str
    paper: Paper
    summary: str
    """One line: what it does."""
    equation: str
    modalities: tuple[Modality, ...]
    cost: Cost
    identity: Mapping[str, float] | str
    """Parameters at which it equals the baseline bit for bit, or why there are none."""
    conflicts: Mapping[str, str] = field(default_factory=dict)
    """Other strategies that it cannot be stacked with, and why."""
    default: bool = False
    """Whether it belongs to the set that a study takes when none is named."""
    rank: int = 50
    """Order of composition: lower ranks come first and wrap higher ones."""
    claims: tuple[str, ...] = ()
    """What its paper claims."""


class TaskFacts(NamedTuple):
    """What a strategy may ask of a task to know whether it applies."""

    name: str
    modality: Modality
    classes: int
    offers: Mapping[str, tuple[str, ...]]
    """Stage -> the kinds of slots that the task's network has for it."""


def parameter(
    default: float | int | bool | str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] | None = None,
    log: bool = False,
    tune: tuple[float, float] | None = None,
    doc: str = "",
) -> Any:
    """A hyperparameter: its default and the closed range (or the choices) it may take.

    `tune` is the narrower range that `bench tune` searches (on a log scale where `log`).
    """
    metadata = {"low": low, "high": high, "choices": choices, "log": log, "tune": tune, "doc": doc}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Strategy:
    """One regularization technique. Subclasses override the stages that they touch."""

    facts: ClassVar[Facts]

    def __post_init__(self) -> None:
        for declared in dataclasses.fields(self):
            check(self.facts.name, declared, getattr(self, declared.name))

    # What it needs -------------------------------------------------------------------------------

    def applies(self, task: TaskFacts) -> str | None:
        """None where the strategy can run on the task, else the reason why it cannot.

        The harness has already checked the modality and that slots exist for its stages.
        """
        return None

    def draw(self, key: Tensor, size: int) -> Any:
        """Random numbers for a batch of `size` that XLA cannot make; runs outside the compiled step.

        Arrives in the other stages as `moment.drawn`.
        """
        return None

    def state(self, weights: Weights) -> list[Any]:
        """Variables of its own, made once and reset before every trial."""
        return []

    # The network ---------------------------------------------------------------------------------

    def normalization(self, slot: Slot) -> keras.layers.Layer | None:
        """The layer for a normalization slot, called as `layer(x, training=...)`.

        It gets `mask=...` too where there is one and its `call` takes it.
        """
        return None

    def kernel(self, slot: Slot, kernel: Tensor) -> Tensor:
        """The kernel that is used in place of the stored one, [..., in, out]."""
        return kernel

    def noise(self, slot: Slot, values: Tensor, moment: Moment) -> Tensor:
        """Activations at a slot, in training only."""
        return values

    def merge(self, slot: Slot, shortcut: Tensor, branch: Tensor, moment: Moment) -> Tensor:
        """What a residual block adds up, in training only."""
        return shortcut + branch

    def hidden(self, slot: Slot, batch: Batch, moment: Moment) -> Batch:
        """A hidden state (`batch.values`) and the targets with it, in training only."""
        return batch

    # A training step -----------------------------------------------------------------------------

    def schedule(self, step: Tensor, steps: int, rest: Schedule) -> Tensor:
        """The learning rate of a step out of `steps`; `rest` gives the recipe's, for any step."""
        return rest(step)

    def examples(self, batch: Batch, moment: Moment) -> Batch:
        """The raw batch."""
        return batch

    def embedded(self, ids: Tensor, embeddings: Tensor, moment: Moment) -> Tensor:
        """Embeddings [B, T, D] of token ids [B, T]."""
        return embeddings

    def features(self, batch: Batch, moment: Moment) -> Batch:
        """The continuous input."""
        return batch

    def loss(self, batch: Batch, moment: Moment, rest: Loss) -> LossResult:
        """The loss of a batch of features; `rest` runs the model and may be called again."""
        return rest(batch)

    def gradients(self, weights: Weights, moment: Moment, rest: Differentiate) -> Gradients:
        """The gradients; `rest` computes them at the current weights, under the same masks."""
        return rest()

    def update(
        self,
        weights: Weights,
        gradients: Sequence[Any],
        state: Sequence[Any],
        moment: Moment,
        rest: Update,
    ) -> None:
        """The update; `rest` lets the optimizer apply gradients."""
        rest(gradients)

    # Evaluation ----------------------------------------------------------------------------------

    def evaluated(self, weights: Weights, state: Sequence[Any]) -> list[Tensor] | None:
        """Values to evaluate in place of the trainable weights; None for the trained ones."""
        return None

    def stopping(self, curve: Sequence[Evaluation]) -> StoppingDecision:
        """After an evaluation: keep the present weights as the best, stop training."""
        return StoppingDecision(keep=False, stop=False)

    def touches(self, stage: str) -> bool:
        """Whether this strategy overrides a stage."""
        return getattr(type(self), stage) is not getattr(Strategy, stage)


class StoppingDecision(NamedTuple):
    """What a strategy that watches the validation curve decides."""

    keep: bool
    """The present weights are the best so far: they are what is evaluated in the end."""
    stop: bool


STAGES = (
    "normalization", "kernel", "noise", "merge", "hidden", "schedule", "examples", "embedded",
    "features", "loss", "gradients", "update", "evaluated", "stopping",
)  # fmt: skip
EXCLUSIVE = ("normalization", "merge")
"""Stages that one strategy of an arm may own."""
BATCH_STAGES = ("examples", "features")
"""Stages that change the batch, of images and of text alike."""
SLOTTED = ("normalization", "kernel", "noise", "merge", "hidden")
"""Stages that need slots in the task's network."""


def check(owner: str, declared: dataclasses.Field[Any], value: Any) -> None:
    """Refuse a value outside a parameter's declared range; tensors were checked as numbers."""
    if not isinstance(value, bool | int | float | str):
        return
    low, high = declared.metadata.get("low"), declared.metadata.get("high")
    choices = declared.metadata.get("choices")
    name = f"{owner}.{declared.name}"
    if choices is not None:
        if value not in choices:
            raise UsageError(f"{name} is {value!r}; it is one of {', '.join(choices)}")
        return
    if isinstance(declared.default, bool) or isinstance(value, bool | str):
        if type(value) is not type(declared.default):
            raise UsageError(f"{name} is {value!r}; it is like {declared.default!r}")
        return
    if isinstance(declared.default, int) and not isinstance(value, int):
        raise UsageError(f"{name} is {value!r}; it is a whole number")
    if not (low is None or value >= low) or not (high is None or value <= high):
        raise UsageError(f"{name} is {value!r}; it lies in [{low}, {high}]")


def configured(kind: type[Strategy], values: Mapping[str, Any]) -> Strategy:
    """A strategy with some parameters set.

    Raises:
        UsageError: a parameter that it does not have, or a value out of its range.
    """
    known = {f.name: f for f in dataclasses.fields(kind)}
    converted: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            raise unknown(f"parameter of {kind.facts.name}", name, known)
        whole = isinstance(value, int) and not isinstance(value, bool)
        real = isinstance(known[name].default, float)
        converted[name] = float(value) if whole and real else value
    return kind(**converted)


def parameters(strategy: Strategy) -> dict[str, Any]:
    """A strategy's parameters by name, in the order of their declaration."""
    return {f.name: getattr(strategy, f.name) for f in dataclasses.fields(strategy)}


def applicability(strategy: Strategy, task: TaskFacts) -> str | None:
    """None where a strategy can run on a task, else the reason why it cannot."""
    if task.modality not in strategy.facts.modalities:
        kinds = " and ".join(strategy.facts.modalities)
        return f"works on {kinds}, {task.name} is {task.modality}"
    wanted = [stage for stage in SLOTTED if strategy.touches(stage)]
    for stage in wanted:
        if not task.offers.get(stage):
            return f"{task.name} has no {stage} slot"
    return strategy.applies(task)


def ordered(strategies: Sequence[Strategy]) -> tuple[Strategy, ...]:
    """Strategies in the order of their composition: by rank, then by name."""
    return tuple(sorted(strategies, key=lambda s: (s.facts.rank, s.facts.name)))


def clash(strategies: Sequence[Strategy]) -> str | None:
    """Why these strategies cannot be stacked, or None: a slot with two owners, a conflict."""
    for stage in EXCLUSIVE:
        owners = [s.facts.name for s in strategies if s.touches(stage)]
        if len(owners) > 1:
            return f"the {stage} slot has one owner, and {' and '.join(owners)} both fill it"
    names = {s.facts.name for s in strategies}
    if len(names) < len(strategies):
        return "a strategy occurs twice"
    for strategy in strategies:
        for other, why in strategy.facts.conflicts.items():
            if other in names:
                return f"{strategy.facts.name} and {other} conflict: {why}"
    return None
