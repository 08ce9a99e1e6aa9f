"""An advice from start to end: probe, choose and confirm within a budget of time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from bench.advising import lab as trials
from bench.advising.advice import CHOOSING, Advice, RoundState, write_advice
from bench.advising.choosing import RATES, SCREENING, STACKING, Question, next_round
from bench.advising.confirming import LEAST_SEEDS, MOST_SEEDS, family, seeds_that_fit
from bench.advising.evidence import Evidence
from bench.advising.findings import carried, outcome
from bench.advising.lab import Lab
from bench.advising.rounds import Costs, Observation, Round, Stack, name_of
from bench.advising.step_times import STEPS, StepTimes
from bench.core.environment import cores
from bench.core.errors import UsageError
from bench.core.metrics import objective_of
from bench.core.study import ADVISED, Study
from bench.running import study_run
from bench.running.arms import ArmBuilder, Candidate
from bench.running.workers import side_by_side
from bench.storage.store import Store

SLICE = 0.04
"""Share of the budget that the confirmation trains between two looks at the clock."""
FIRST_ROUND = 1.6
"""Largest share of the screening that its first round may take with one seed."""
TIMED = 0.1
"""Largest share of the budget that step times may take."""
TECHNIQUES_TIMED = 0.8
"""Part of it for the techniques; the rest is for the stacks to confirm."""
OVER = 1.05
"""Share of the budget after which no trial starts."""
BY_VALIDATION = "it keeps the weights that are best on validation, by which the choice is made"
"""Why a technique with a `stopping` stage is left out: its score would be the best of many."""
LIMITS = {
    "probe": 1.0,
    "screen": 1.3 * FIRST_ROUND * SCREENING,
    "stack": SCREENING + STACKING + 0.05,
}
"""Stage -> share of the budget after which its rounds end, on a slow machine with trials missing."""


class StoppedError(Exception):
    """Ctrl-C ended the training of some trials."""


class Advisor:
    """One advice being carried out; the caller holds the lock of its folder.

    Args:
        advice: the request, or a stored advice to continue.
        store: folder of the advice, and of the study that confirms.
    """

    def __init__(self, advice: Advice, store: Store, lab: Lab) -> None:
        self.advice, self.store, self.lab = advice, store, lab
        self.choosing = Store(store.folder / CHOOSING)
        self.step_times = StepTimes(lab, Store(store.folder / STEPS), advice.first_seed)
        self.builder = ArmBuilder(lab.request, lab.registry)
        self.task = lab.registry.task(advice.task)
        _, self.objective = objective_of(advice.objective)

    def probe(self) -> None:
        """Train the baseline to measure the cost of a trial; keep the techniques that fit."""
        if not self.advice.rounds:
            self._applying()  # Nothing is trained for a choice between nothing.
            seeds = range(
                self.advice.first_seed, self.advice.first_seed + min(self._jobs(), cores())
            )
            self._begin(Round(stage="probe", stacks=((),), seeds=tuple(seeds)))
        if self.advice.rounds[-1].round.stage == "probe":
            self._complete()
        if not self.advice.techniques:
            self._settle_techniques()

    def _jobs(self) -> int:
        """Return the number of trials side by side."""
        threads = self.builder.recipe(self.task).threads
        return max(1, side_by_side(self.lab.options.training, threads))

    def choose(self) -> None:
        """Train round after round until the choice ends; declare the stacks to confirm."""
        if self.advice.family:
            return
        self._time_techniques()
        self._complete()
        question = self.question()
        while True:
            rounds, observations = self.history()
            spent = self.advice.spent
            if not self.lab.workers.waiting:
                spent += trials.startup(self.choosing, self.advice.rounds)
            planned = next_round(question, rounds, observations, self.costs(), spent)
            if planned is None:
                break
            self._begin(planned)
            self._complete()
        stacks = family(question, rounds, observations)
        if not stacks:
            raise UsageError(
                "no trial of a technique ended; the logs are in "
                f"{self.choosing.folder / 'logs'}, and another --name starts anew"
            )
        evidence = Evidence(self.advice.techniques, observations)
        self._update(family=stacks, carried=tuple(carried(evidence, stacks[0])))

    def confirm(self) -> Study:
        """Train the declared family on fresh seeds until the time is over, and return the study.

        Only the clock ends it, never a result. So the intervals are those of a fixed number of
        seeds.
        """
        if self.store.study() is None:
            stacks = [stack for stack in self.advice.family if len(stack) > 1]
            self._time_steps(stacks)
        study = self.store.study() or self._declared()
        while not self.advice.finished:
            seeds = self._next_seeds(study)
            if not seeds:
                study = study.model_copy(update={"seeds": max(1, self._complete_seeds(study))})
                self.store.write_study(study)
                self._update(finished=True)
                break
            before = self.advice.confirmation_seconds
            stacks = [(), *self.advice.family]
            pending = trials.missing(self.store, study, stacks, seeds)
            stopped = self.lab.train(
                study,
                self.store,
                pending,
                OVER * self.advice.budget - self.advice.spent,
                partial(self._confirmed_for, before),
            )
            if stopped:
                raise StoppedError
        return study

    def _confirmed_for(self, before: float, passed: float) -> None:
        self._update(confirmation_seconds=before + passed)

    def question(self) -> Question:
        """Return the question of the choice."""
        return Question(
            self.advice.techniques, self.fits, self.advice.budget, self.advice.first_seed
        )

    def fits(self, stack: Stack) -> bool:
        """Return true if a stack can be built on the task; a stack has one learning rate."""
        if not stack or len(set(RATES).intersection(stack)) > 1:
            return not stack
        return self.builder.reason(self.task, self.builder.stack(name_of(stack)), False) is None

    def history(self) -> tuple[list[Round], list[Observation]]:
        """Return the rounds so far, and their trials."""
        rounds = [state.round for state in self.advice.rounds]
        return rounds, trials.observations(
            self.choosing, self.advice.task, rounds, self.objective.score
        )

    def costs(self) -> Costs:
        """Return the seconds of the budget that a trial takes now."""
        seconds = trials.costs(self.choosing, self.advice.rounds)
        if not seconds:
            raise UsageError(
                f"no trial of the baseline ended; the logs are in {self.choosing.folder / 'logs'}"
            )
        return seconds

    def _settle_techniques(self) -> None:
        """Keep as many applicable techniques as one screening round has time for.

        Learning rates are among them. The techniques of the default set come first.
        """
        applying, left_out = self._applying()
        defaults = set(self.lab.registry.defaults())
        applying = [*RATES, *applying]
        applying.sort(key=lambda name: (name not in defaults, name not in RATES))
        trial_seconds = self.costs()[()]
        room = int(FIRST_ROUND * SCREENING * self.advice.budget / trial_seconds) - 1
        if room < min(2, len(applying)):
            enough = 3 * trial_seconds / (FIRST_ROUND * SCREENING)
            raise UsageError(
                f"a trial takes {trial_seconds:.0f} s of the budget here, so "
                f"{self.advice.budget:.0f} s are too few: --budget {enough / 60 + 1:.0f}m screens two "
                "techniques; or choose a smaller --profile"
            )
        left_out |= dict.fromkeys(applying[room:], "no time for it in this budget")
        self._update(techniques=tuple(sorted(applying[:room])), left_out=left_out)

    def _time_techniques(self) -> None:
        """Measure the step time of each technique; leave out those without one.

        Only an objective at equal time needs it, and only before the screening.
        """
        if not self.objective.equal_time or len(self.advice.rounds) > 1:
            return
        techniques = [name for name in self.advice.techniques if name not in RATES]
        self._time_steps([(name,) for name in techniques], TECHNIQUES_TIMED)
        ratios = self._ratios() or {}
        untimed = [name for name in techniques if name not in ratios]
        if techniques and len(untimed) == len(techniques):
            raise UsageError(
                f"no step was timed in {TIMED:.0%} of the budget; take a larger --budget, or look "
                f"into {self.step_times.store.folder / 'logs'}"
            )
        kept = tuple(name for name in self.advice.techniques if name not in untimed)
        reasons = dict.fromkeys(untimed, "its step was not timed: no time, or it failed")
        self._update(techniques=kept, left_out=self.advice.left_out | reasons)

    def _time_steps(self, stacks: Sequence[Stack], part: float = 1.0) -> None:
        """Measure the missing step times of stacks, if the objective needs them.

        Args:
            part: of the time for step times, those measured before included.
        """
        if not stacks or not self.objective.equal_time:
            return
        before = self.advice.timing_seconds
        self.lab.workers.release()  # A step is timed alone.
        self.step_times.measure(
            stacks,
            part * TIMED * self.advice.budget - before,
            lambda passed: self._update(timing_seconds=before + passed),
        )

    def _ratios(self) -> dict[str, float] | None:
        """Return arm -> step time over the baseline's; None if the objective needs none."""
        return self.step_times.ratios() if self.objective.equal_time else None

    def _applying(self) -> tuple[list[str], dict[str, str]]:
        """Return the techniques to choose from, and why the others are none.

        Raises:
            UsageError: there is none.
        """
        reasons = {name: self._reason(name) for name in self.advice.strategies}
        left_out = {name: reason for name, reason in reasons.items() if reason is not None}
        if len(left_out) == len(reasons):
            listed = "; ".join(f"{name}: {reason}" for name, reason in left_out.items())
            raise UsageError(f"no technique applies to {self.advice.task} ({listed})")
        return [name for name in reasons if name not in left_out], left_out

    def _reason(self, name: str) -> str | None:
        """Return why a technique is not to be chosen from; None if it is."""
        if self.builder.strategy(name).touches("stopping"):
            return BY_VALIDATION
        return self.builder.reason(self.task, Candidate(name, (name,)), False)

    def _begin(self, planned: Round) -> None:
        self._update(rounds=(*self.advice.rounds, RoundState(round=planned, starts=0)))

    def _complete(self) -> None:
        """Train the missing trials of the last round, and note its result."""
        last = self.advice.rounds[-1]
        stacks = [stack for state in self.advice.rounds for stack in state.round.stacks]
        seeds = max(state.round.seeds[-1] for state in self.advice.rounds)
        first = self.advice.first_seed
        study = self.lab.study(CHOOSING, stacks, seeds - first + 1, first, self._ratios())
        study = study_run.declared(study, self.choosing, self.lab.registry, self.lab.display)
        pending = trials.missing(self.choosing, study, last.round.stacks, last.round.seeds)
        if pending and not last.ended:
            jobs = min(self._jobs(), len(last.round.seeds) * len(last.round.stacks))
            starts = last.starts + (not self.lab.workers.waiting)
            self._change_last(jobs=jobs, starts=starts)
            share = LIMITS[last.round.stage]
            stopped = self.lab.train(
                study,
                self.choosing,
                pending,
                share * self.advice.budget - self.advice.spent,
                lambda passed: self._change_last(seconds=last.seconds + passed),
            )
            if stopped:
                raise StoppedError
        if not last.ended:
            result = ""
            if last.round.stage != "probe":
                result = outcome(Evidence(self.advice.techniques, self.history()[1]), last.round)
            self._change_last(ended=True, result=result)

    def _change_last(self, **changes: object) -> None:
        changed = self.advice.rounds[-1].model_copy(update=changes)
        self._update(rounds=(*self.advice.rounds[:-1], changed))

    def _declared(self) -> Study:
        """Declare the confirmation with more seeds than its time is likely to allow."""
        stacks, seconds_left = self.advice.family, self.advice.budget - self.advice.spent
        fitting = seeds_that_fit(stacks, self.costs(), seconds_left)
        seeds = min(MOST_SEEDS, max(LEAST_SEEDS, 2 * fitting))
        study = self.lab.study(
            self.advice.name, stacks, seeds, self.advice.confirmation_seed, self._ratios()
        )
        declared = tuple((self.advice.task, name_of(stack)) for stack in stacks)
        study = study.model_copy(update={"family": declared, "design": ADVISED})
        return study_run.declared(study, self.store, self.lab.registry, self.lab.display)

    def _next_seeds(self, study: Study) -> list[int]:
        """Return the seeds that fit before the next look at the clock; empty if none fits."""
        trained = self._complete_seeds(study)
        ahead = list(study.seed_range())[trained:]
        if self.advice.spent >= OVER * self.advice.budget:
            return []
        seconds_left = self.advice.budget - self.advice.spent
        seed_seconds = self._seconds_of_a_seed(trained)
        if trained and seconds_left < 0.5 * seed_seconds:
            return []
        slices = max(1, int(min(seconds_left, SLICE * self.advice.budget) / seed_seconds))
        return ahead[
            : slices if trained else max(1, min(LEAST_SEEDS, int(seconds_left / seed_seconds)))
        ]

    def _seconds_of_a_seed(self, trained: int) -> float:
        if trained and self.advice.confirmation_seconds > 0:
            return self.advice.confirmation_seconds / trained
        costs = self.costs()
        return sum(costs.get(stack, costs[()]) for stack in ((), *self.advice.family))

    def _complete_seeds(self, study: Study) -> int:
        """Count the first seeds that all arms of the confirmation have."""
        stacks = [(), *self.advice.family]
        count = 0
        for seed in study.seed_range():
            if trials.missing(self.store, study, stacks, [seed]):
                break
            count += 1
        return count

    def _update(self, **changes: object) -> None:
        self.advice = self.advice.model_copy(update=changes)
        write_advice(self.store.folder, self.advice)
