"""The contract of a strategy: what a regularization technique may change, stage by stage.

A strategy is a frozen dataclass. Its fields are the hyperparameters, declared with `parameter`; its
class attribute `facts` describes it. It overrides only the stages that it changes, and the harness
finds out which ones those are. Each stage is a pure function of tensors:

| stage         | changes                                                  | runs                    |
| ------------- | -------------------------------------------------------- | ----------------------- |
| normalization | fills the normalization slots of the network (exclusive) | when the network is built |
| kernel        | a kernel before it is used: reparametrization, noise     | in every forward pass   |
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

A stage that wraps gets the rest of the chain as `rest`. Strategies of lower `facts.rank` are the
outer ones. Every trial records that order.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, TypeAlias

from bench.core.errors import UsageError, unknown

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from bench.core.record import Evaluation

    Layer: TypeAlias = keras.layers.Layer
    Tensor: TypeAlias = tf.Tensor
else:
    Layer: TypeAlias = Any
    Tensor: TypeAlias = Any

Modality = Literal["image", "text"]
Cost = Literal["free", "cheap", "moderate", "double", "triple"]

COST_LIMITS: Mapping[str, float] = {
    "free": 0.03, "cheap": 0.15, "moderate": 0.60, "double": 1.30, "triple": 2.30,
}  # fmt: skip
"""Extra step time that a cost class allows, as a fraction of the baseline's."""


class Batch(NamedTuple):
    """A batch as the batch stages see it."""

    values: Tensor
    """Images [B, H, W, C], token ids [B, T] (examples) or embeddings [B, T, D] (features)."""
    mask: Tensor | None
    """Boolean [B, T], true where there is a token; None for images."""
    targets: Tensor
    """Soft one-hot labels, float32 [B, K]."""


class Moment(NamedTuple):
    """The step and the random key of a stage; every field is a tensor."""

    key: Tensor
    """Stateless random key, int32 [2], of this strategy, purpose and step alone."""
    step: Tensor
    """int32 scalar, from 0."""
    progress: Tensor
    """float32 scalar, step / steps of the recipe, in [0, 1)."""
    learning_rate: Tensor
    """float32 scalar, that of this step."""
    drawn: Any = None
    """The result of `draw` for this step; None if the strategy does not draw."""
    rows: Any = None
    """Numbers of the batch's training examples, int32 [B]: the same ones in every epoch."""
    epoch: Any = None
    """int32 scalar, from 0."""
    trial_key: Any = None
    """Stateless random key, int32 [2], of this strategy in this trial: the same at every step."""
    state: Any = None
    """The strategy's own variables, as `state` made them; None in the network.

    A loss stage that changes them does so once a step: other strategies may call it again.
    """


class Slot(NamedTuple):
    """A named place in a network where a strategy may act."""

    name: str
    kind: str
    """`map` [B, H, W, C], `sequence` [B, T, D] (masked) or `vector` [B, D].

    Of a kernel [..., in, out] the kind of its layer: `convolution` or `dense`.
    """
    depth: float = 0.0
    """Position in the network: 0 at the input, 1 at the last slot of its kind."""
    number: int = 0
    """Hidden slots before this one in a forward pass, or the place of a kernel in `Weights.kernels`.

    The harness counts them.
    """
    total: int = 1
    """Hidden slots, or kernels with a slot, of the network; the harness counts them."""


class LossResult(NamedTuple):
    """The loss of a batch of features."""

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
    """A network's variables; the roles are those that its layers give them, whatever their rank."""

    trainable: Sequence[Any]
    decayed: Sequence[bool]
    """One for each trainable variable: true for a kernel or an embedding, false for a scale or bias."""
    tables: Sequence[bool]
    """One for each trainable variable: true for an embedding, whose rows are the vectors."""
    state: Sequence[Any]
    """Variables that training changes without gradients: moving averages."""
    inputs: Sequence[tuple[int, ...]] = ()
    """One for each trainable variable: a kernel's axes over the inputs of a unit; else empty.

    Without it every kernel is [..., in, out], with the outputs of its units on the last axis.
    """
    heads: Sequence[bool] = ()
    """One for each trainable variable: true for those of the layer that makes the logits.

    Without it no weight counts as one.
    """
    classes: int = 0
    """Number of classes of the task, the length of the logits; 0 if it is not known."""
    kernels: Sequence[int] = ()
    """Places in `trainable` of the kernels that have a slot, in the order of `Slot.number`."""


Tensors: TypeAlias = Sequence[Any]
"""Tensors or variables, in an agreed order."""
Schedule: TypeAlias = Callable[[Tensor], Tensor]
Loss: TypeAlias = Callable[[Batch], LossResult]
Differentiate: TypeAlias = Callable[[], Gradients]
Update: TypeAlias = Callable[[Tensors], None]


@dataclass(frozen=True)
class Paper:
    """The paper that introduced a technique."""

    authors: str
    year: int
    title: str
    arxiv: str = ""
    """arXiv id; empty if it has none."""


@dataclass(frozen=True)
class Facts:
    """The description of a strategy."""

    name: str
    family: str
    paper: Paper
    summary: str
    """Its effect in one line."""
    equation: str
    modalities: tuple[Modality, ...]
    cost: Cost
    identity: Mapping[str, float] | str
    """Parameters at which it equals the baseline bit for bit, or the reason why there are none."""
    conflicts: Mapping[str, str] = field(default_factory=dict)
    """Strategies that it cannot be stacked with, each with the reason."""
    default: bool = False
    """True if it is in the default set: a study without `--strategies` has it."""
    rank: int = 50
    """Order of composition: lower ranks come first and wrap higher ones."""
    continuous: bool = False
    """True if its loss stage mixes or moves the features, which must be pixels or embeddings then."""
    same_noise: bool = False
    """True if all passes that its loss stage runs have the same dropout masks and other noise."""
    claims: tuple[str, ...] = ()
    """Claims of its paper."""


class TaskFacts(NamedTuple):
    """The description of a task, by which a strategy decides if it applies."""

    name: str
    modality: Modality
    classes: int
    offers: Mapping[str, tuple[str, ...]]
    """Stage -> kinds of slots that the task's network has for it.

    On text, `features` too, if the network's `embed` returns embeddings: `("sequence",)`.
    """

    @property
    def continuous(self) -> bool:
        """True if the features are numbers that may be mixed and moved: pixels, embeddings."""
        return self.modality == "image" or bool(self.offers.get("features"))


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
    """Declare a hyperparameter: its default, and the closed range or the choices of its values.

    `tune` is the narrower range that `bench tune` searches, on a log scale if `log` is true.
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
        """Return None if the strategy can run on the task, else the reason why it cannot.

        The harness has already checked the modality and that slots exist for its stages.
        """
        return None

    def draw(self, key: Tensor, size: int) -> Any:
        """Draw random numbers that XLA cannot make, for a batch of `size`.

        It runs outside the compiled step. The other stages get the result as `moment.drawn`.
        """
        return None

    def state(self, weights: Weights) -> list[Any]:
        """Make the strategy's own variables, once; they are reset before every trial."""
        return []

    # The network ---------------------------------------------------------------------------------

    def normalization(self, slot: Slot) -> Layer | None:
        """Make the layer of a normalization slot, which is called as `layer(x, training=...)`.

        It gets `mask=...` too if there is a mask and its `call` takes one.
        """
        return None

    def kernel(self, slot: Slot, kernel: Tensor, state: Tensors, moment: Moment | None) -> Tensor:
        """Change the kernel that is used in place of the stored one, [..., in, out].

        `moment` is None in evaluation. A stage with variables makes one for each of `weights.kernels`
        and reads `state[slot.number]`. It changes them in its `update`, since one step may have several
        forward passes.
        """
        return kernel

    def noise(self, slot: Slot, values: Tensor, moment: Moment) -> Tensor:
        """Change the activations at a slot, in training only."""
        return values

    def merge(self, slot: Slot, shortcut: Tensor, branch: Tensor, moment: Moment) -> Tensor:
        """Join a residual branch to its shortcut, in training only."""
        return shortcut + branch

    def hidden(self, slot: Slot, batch: Batch, moment: Moment) -> Batch:
        """Change a hidden state (`batch.values`) and its targets, in training only."""
        return batch

    # A training step -----------------------------------------------------------------------------

    def schedule(self, step: Tensor, steps: int, rest: Schedule) -> Tensor:
        """Return the learning rate of a step out of `steps`; `rest` gives the recipe's for any step."""
        return rest(step)

    def examples(self, batch: Batch, moment: Moment) -> Batch:
        """Change the raw batch: images as float32 in [0, 1], or token ids."""
        return batch

    def embedded(self, ids: Tensor, embeddings: Tensor, moment: Moment) -> Tensor:
        """Change the embeddings [B, T, D] of token ids [B, T]."""
        return embeddings

    def features(self, batch: Batch, moment: Moment) -> Batch:
        """Change the continuous input."""
        return batch

    def loss(self, batch: Batch, moment: Moment, rest: Loss) -> LossResult:
        """Compute the loss of a batch; `rest` runs the model and may be called again."""
        return rest(batch)

    def gradients(self, weights: Weights, moment: Moment, rest: Differentiate) -> Gradients:
        """Compute the gradients; `rest` does so at the current weights, under the same masks."""
        return rest()

    def update(
        self, weights: Weights, gradients: Tensors, state: Tensors, moment: Moment, rest: Update
    ) -> None:
        """Update the weights; `rest` lets the optimizer apply gradients."""
        rest(gradients)

    # Evaluation ----------------------------------------------------------------------------------

    def evaluated(self, weights: Weights, state: Tensors) -> list[Tensor] | None:
        """Return values to evaluate in place of the trainable weights; None for the trained ones."""
        return None

    def stopping(self, curve: Sequence[Evaluation]) -> StoppingDecision:
        """Decide after an evaluation if training stops and if the current weights are the best."""
        return StoppingDecision(keep=False, stop=False)

    def measured(self, state: Tensors) -> Mapping[str, float]:
        """Return facts about a trained trial, from the strategy's own variables.

        The record of the trial keeps them, each under the strategy's name: `acted`, for example, is the
        share of the steps in which a limit was reached.
        """
        return {}

    def touches(self, stage: str) -> bool:
        """Return true if this strategy overrides a stage."""
        return getattr(type(self), stage) is not getattr(Strategy, stage)


class StoppingDecision(NamedTuple):
    """The decision of a strategy that watches the validation curve."""

    keep: bool
    """True if the current weights are the best so far; the best ones are evaluated at the end."""
    stop: bool


STAGES = (
    "normalization", "kernel", "noise", "merge", "hidden", "schedule", "examples", "embedded",
    "features", "loss", "gradients", "update", "evaluated", "stopping",
)  # fmt: skip
EXCLUSIVE = ("normalization", "merge")
"""Stages that at most one strategy of an arm may override."""
BATCH_STAGES = ("examples", "features")
"""Stages that change the batch, of images and of text alike."""
SLOTTED = ("normalization", "kernel", "noise", "merge", "hidden")
"""Stages that need slots in the task's network."""


NO_EMBEDDINGS = "the network of {} gets token ids; its task offers no `features`"
"""Reason against a strategy that changes embeddings, with the name of the task."""


def check_stages(kind: type[Strategy]) -> None:
    """Refuse a strategy with a public method that is no stage but has almost the name of one.

    Raises:
        UsageError: there is such a method; the harness would never call it.
    """
    stages = [*STAGES, "draw", "state", "applies", "measured"]
    allowed = {*dir(Strategy), *(field.name for field in dataclasses.fields(kind))}
    for name in dir(kind):
        if name.startswith("_") or name in allowed or not callable(getattr(kind, name)):
            continue
        if nearest := difflib.get_close_matches(name, stages, n=1, cutoff=0.75):
            raise UsageError(
                f"{kind.facts.name} has a method {name!r}, which is no stage; rename it to "
                f"{nearest[0]!r} if it is meant to be that stage, else to something less like it"
            )


def check(owner: str, declared: dataclasses.Field[Any], value: Any) -> None:
    """Refuse a value outside a parameter's declared range; tensors are checked before, as numbers."""
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
    """Make a strategy with some parameters set.

    Raises:
        UsageError: it has no such parameter, or a value is out of its range.
    """
    declared = {f.name: f for f in dataclasses.fields(kind)}
    converted: dict[str, Any] = {}
    for name, value in values.items():
        if name not in declared:
            raise unknown(f"parameter of {kind.facts.name}", name, declared)
        whole = isinstance(value, int) and not isinstance(value, bool)
        real = isinstance(declared[name].default, float)
        converted[name] = float(value) if whole and real else value
    return kind(**converted)


def parameters(strategy: Strategy) -> dict[str, Any]:
    """Return a strategy's parameters by name, in the order of their declaration."""
    return {f.name: getattr(strategy, f.name) for f in dataclasses.fields(strategy)}


def applicability(strategy: Strategy, task: TaskFacts) -> str | None:
    """Return None if a strategy can run on a task, else the reason why it cannot."""
    if task.modality not in strategy.facts.modalities:
        kinds = " and ".join(strategy.facts.modalities)
        return f"works on {kinds}, {task.name} is {task.modality}"
    for stage in SLOTTED:
        if strategy.touches(stage) and not task.offers.get(stage):
            return f"{task.name} has no {stage} slot"
    moves = any(strategy.touches(stage) for stage in ("embedded", "features"))
    if not task.continuous and (moves or strategy.facts.continuous):
        return NO_EMBEDDINGS.format(task.name)
    return strategy.applies(task)


def ordered(strategies: Sequence[Strategy]) -> tuple[Strategy, ...]:
    """Sort strategies into the order of their composition: by rank, then by name."""
    return tuple(sorted(strategies, key=lambda s: (s.facts.rank, s.facts.name)))


def clash(strategies: Sequence[Strategy]) -> str | None:
    """Return None if strategies can be stacked, else the slot or the conflict that prevents it."""
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
