"""Made-up worlds for the choice: effects, interactions, noise and costs like those of the records.

Effects and costs are those of the two catalogue studies (drawn toward their mean by how little each is
known), noise is that of all committed studies with paired differences. Interactions are those of the
stacks in `modern-text`, `modern-image` and `reference-batch-norm`: the effect of a technique in a stack
less its effect alone.

A world is one of an objective. Effects on likelihood are those on the test split: these records have no
likelihood on validation, which is taken to be as much noisier there as accuracy is. After the
baseline's seconds a technique lacks the steps that its step time costs, and what they change: the
baseline of `cifar10` gains with them, that of `imdb` overfits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np

from bench.advising.rounds import Observation, Stack
from bench.core.metric import OBJECTIVE
from bench.stats.shrinkage import shrunk
from bench.storage.store import Store

RESULTS = Path(__file__).parents[3] / "results"
NOISY = ("catalogue-imdb", "catalogue-cifar10", "reference", "reference-batch-norm")


@dataclass(frozen=True)
class Measured:
    """Figures of the committed records, in points of accuracy or hundredths of a nat."""

    effects: dict[str, np.ndarray]
    """Task -> effects of techniques on the plain baseline, shrunk."""
    costs: dict[str, np.ndarray]
    """Task -> seconds of a trial over the baseline's."""
    spreads: np.ndarray
    """(arms, 2) standard deviation of paired differences: validation, test."""


@cache
def measured(objective: str = OBJECTIVE) -> Measured:
    """Read the committed records."""
    effects, costs = {}, {}
    for task in ("imdb", "cifar10"):
        by_arm = _differences(f"catalogue-{task}", task, objective)
        mean = np.array([d[:, 1].mean() for d in by_arm.values()])
        error = np.array([d[:, 1].std(ddof=1) / len(d) ** 0.5 for d in by_arm.values()])
        effects[task] = shrunk(mean, np.maximum(error, 0.05))
        costs[task] = np.array([np.median(d[:, 2]) for d in by_arm.values()])
    spreads = [
        d[:, :2].std(axis=0, ddof=1)
        for study in NOISY
        for task in ("imdb", "cifar10")
        for d in _differences(study, task, objective).values()
    ]
    kept = np.array([s for s in spreads if s.all()])
    if objective == "calibration":
        validation, test = (measured().spreads ** 2).mean(axis=0) ** 0.5
        kept[:, 0] *= validation / test
    return Measured(effects, costs, kept)


@cache
def _differences(study: str, task: str, objective: str = OBJECTIVE) -> dict[str, np.ndarray]:
    """Return arm -> (seeds, 3): validation and test differences, and the ratio of times."""
    stored: dict[str, dict[int, np.ndarray]] = {}
    for record in Store(RESULTS / study).records().records:
        if record.task == task and (final := record.final) is not None:
            figures = [100 * final.validation_accuracy, 100 * final.test_accuracy]
            if objective == "calibration":
                assert final.nll is not None
                figures = [-100 * final.nll] * 2
            row = np.array([*figures, np.log(record.train_seconds)])
            stored.setdefault(record.arm, {})[record.seed] = row
    base = stored.pop("baseline", {})
    rows = {arm: [s[k] - base[k] for k in s if k in base] for arm, s in stored.items()}
    made = {arm: np.array(d) for arm, d in rows.items() if len(d) > 1}
    for d in made.values():
        d[:, 2] = np.exp(d[:, 2])
    return made


@cache
def gained_by_steps(task: str) -> float:
    """Return what the baseline gained in the second half of its steps, points per doubling."""
    halves = []
    for record in Store(RESULTS / f"catalogue-{task}").records().records:
        if record.task == task and record.arm == "baseline":
            curve = [(p.step, p.validation_accuracy) for p in record.curve]
            half = min(curve, key=lambda point: abs(point[0] - record.steps / 2))
            halves.append(100 * (curve[-1][1] - half[1]) / np.log2(record.steps / half[0]))
    return float(np.mean(halves))


@dataclass
class World:
    """Techniques with true effects, and trials that measure them."""

    effects: np.ndarray
    pairs: np.ndarray
    """(techniques, techniques) symmetric: effect of two techniques beyond the sum of both."""
    noise: np.ndarray
    """(techniques + 1, 2) standard deviation of a trial: validation, test; the last is typical."""
    ratios: np.ndarray
    exclusive: frozenset[int]
    """Techniques that exclude each other."""
    random: np.random.Generator

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(f"t{i:02d}" for i in range(len(self.effects)))

    def indices(self, stack: Stack) -> list[int]:
        return [int(name[1:]) for name in stack]

    def fits(self, stack: Stack) -> bool:
        return len(self.exclusive.intersection(self.indices(stack))) <= 1

    def value(self, stack: Stack) -> float:
        """Return the true effect of a stack."""
        i = self.indices(stack)
        return float(self.effects[i].sum() + self.pairs[np.ix_(i, i)].sum() / 2)

    def cost(self, stack: Stack) -> float:
        return float(np.prod(self.ratios[self.indices(stack)]))

    def score(self, stack: Stack, test: bool) -> float:
        """Measure a trial; arms of one seed differ by noise of their own."""
        i = self.indices(stack)
        sd = self.noise[i[0] if len(i) == 1 else -1][int(test)]
        return self.value(stack) + float(self.random.normal(0, sd / 2**0.5))

    def train(self, trials: Sequence[tuple[Stack, int]], test: bool = False) -> list[Observation]:
        return [Observation(stack, seed, self.score(stack, test)) for stack, seed in trials]

    def best(self) -> Stack:
        """Return the best stack, by improving from many starts until no step and no swap helps."""
        count = len(self.effects)
        starts = [np.zeros(count), *np.eye(count)]
        climbed = [self._climbed(start) for start in starts]
        members = max(climbed, key=lambda x: float(self.effects @ x + x @ self.pairs @ x / 2))
        return tuple(self.names[i] for i in np.flatnonzero(members))

    def _climbed(self, members: np.ndarray) -> np.ndarray:
        one = np.isin(np.arange(len(members)), list(self.exclusive)).astype(float)
        while True:
            gain = (1 - 2 * members) * (self.effects + self.pairs @ members)
            full = one @ members >= 1
            steps = np.where((members == 0) & (one == 1) & full, -np.inf, gain)
            swaps = gain[:, None] + gain[None, :] - self.pairs  # row out, column in
            allowed = (members[:, None] == 1) & (members[None, :] == 0)
            allowed &= ~((one[None, :] == 1) & (full & (one[:, None] == 0)))
            swaps = np.where(allowed, swaps, -np.inf)
            members = members.copy()
            if max(steps.max(), swaps.max()) <= 1e-9:
                return members
            if steps.max() >= swaps.max():
                members[steps.argmax()] = 1 - members[steps.argmax()]
            else:
                out, into = np.unravel_index(swaps.argmax(), swaps.shape)
                members[out], members[into] = 0, 1


TASTES = {
    # Mean and spread of what a pair adds, as a share of the root of the product of their effects; from
    # the stacks that were measured (see `interactions`).
    "imdb": (-0.17, 0.3),
    "cifar10": (-0.41, 0.3),
}


def world(
    random: np.random.Generator, task: str, null: bool = False, objective: str = OBJECTIVE
) -> World:
    """Draw a world like that of a task, with its effects permuted and slightly changed."""
    known = measured(objective)
    count = len(known.effects[task])
    drawn = random.permutation(count)
    effects = known.effects[task][drawn] * random.normal(1.0, 0.2, count)
    effects = np.zeros(count) if null else effects
    mean, spread = TASTES[task]
    size = np.sqrt(np.abs(np.outer(effects, effects)))
    ratios = known.costs[task][drawn]
    if objective == "seconds":
        effects = effects - gained_by_steps(task) * np.log2(np.maximum(ratios, 1.0))
        ratios = np.ones(count)
    pairs = np.triu(size * random.normal(mean, spread, (count, count)), 1)
    noise = known.spreads[random.integers(0, len(known.spreads), count)]
    typical = np.sqrt((known.spreads**2).mean(axis=0))
    return World(
        effects=effects,
        pairs=pairs + pairs.T,
        noise=np.vstack([noise, typical]),
        ratios=ratios,
        exclusive=frozenset(random.permutation(count)[: count // 4].tolist()),
        random=random,
    )


def interactions(objective: str = OBJECTIVE) -> dict[str, tuple[float, float]]:
    """Return task -> mean and spread of the interaction of a pair in the measured stacks."""
    alone = {
        t: {a: d[:, 1].mean() for a, d in _differences(f"catalogue-{t}", t, objective).items()}
        for t in TASTES
    }
    shares: dict[str, list[float]] = {"imdb": [], "cifar10": []}
    for study, task in (("modern-text", "imdb"), ("modern-image", "cifar10")):
        stored = _differences(study, task, objective)
        full = next(a for a in stored if "[" not in a)
        members = [a.split("without ")[1][:-1] for a in stored if "[" in a]
        for member in members:
            without = stored[f"{full}[without {member}]"][:, 1].mean()
            company = stored[full][:, 1].mean() - without - alone[task][member]
            size = sum(
                abs(alone[task][member] * alone[task][other]) ** 0.5
                for other in members
                if other != member
            )
            shares[task].append(company / size)
    return {task: (float(np.mean(v)), float(np.std(v))) for task, v in shares.items()}
