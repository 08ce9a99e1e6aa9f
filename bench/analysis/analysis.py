"""The whole analysis of a study in one value, from which the report is written."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from bench.analysis import contributions, convergence, pairing, step_times
from bench.analysis.baselines import baselines, one_subset
from bench.analysis.best import candidates
from bench.analysis.classes import error_parts, per_class
from bench.analysis.decision import decision_table
from bench.analysis.divergence import divergence
from bench.analysis.effects import effects
from bench.analysis.front import front_probabilities
from bench.analysis.moving_statistics import moving_statistics
from bench.analysis.predictions import predictions
from bench.analysis.time_to_target import profiles, seconds
from bench.core.study import Study


@dataclass(frozen=True)
class Analysis:
    """Frames; the function that makes each documents its columns.

    Attributes:
        decision: a row per strategy and task (`bench.analysis.decision`).
        baselines: a row per baseline: its gap, what its task is conditional on, and its warnings.
        effects: a row per arm and metric (`tables/effects.csv`).
        divergence: a row per arm: how often training diverged.
        candidates: a row per reference and arm: true if the arm may be the best.
        fairness: a row per arm with a reference: equal properties, and pairs that are not compared.
        rejected: a row per pair of trials that is not compared, with the difference.
        per_class: a row per arm and class.
        moving_statistics: a row per arm: accuracy and effect under both ways of evaluation.
        predictions: a row per arm and way to predict.
        test_sampling: a row per arm: its effect's standard error by parts, trials and test examples.
        interactions: a row per pair of strategies trained alone and together.
        leave_one_out: a row per stack and member that was left out.
        convergence: a row per arm and target.
        areas: a row per arm: normalized area under the validation curve.
        profiles: steps of each arm's performance profile, per task and measure.
        step_times: a row per arm, device, machine and settings.
        place: the rows of `step_times` of one place a task, which `decision` shows.
    """

    decision: pd.DataFrame
    baselines: pd.DataFrame
    effects: pd.DataFrame
    divergence: pd.DataFrame
    candidates: pd.DataFrame
    fairness: pd.DataFrame
    rejected: pd.DataFrame
    per_class: pd.DataFrame
    moving_statistics: pd.DataFrame
    predictions: pd.DataFrame
    test_sampling: pd.DataFrame
    interactions: pd.DataFrame
    leave_one_out: pd.DataFrame
    convergence: pd.DataFrame
    areas: pd.DataFrame
    profiles: pd.DataFrame
    step_times: pd.DataFrame
    place: pd.DataFrame


def analyse(
    study: Study,
    trials: pd.DataFrame,
    curves: pd.DataFrame,
    step_time_rows: pd.DataFrame,
) -> Analysis:
    """Analyse a study from the frames of `bench.analysis.frames`.

    Args:
        study: the request: arms, seeds, declared family.
        trials: a row per trial.
        curves: a row per evaluation.
        step_time_rows: a row per arm and process; may be empty.
    """
    contrasts = pairing.contrasts(study)
    comparison = pairing.pair(trials, contrasts)
    measured = effects(study, trials, comparison, contrasts)
    times = step_times.summary(step_time_rows)
    place = step_times.headline(times)
    placed = step_time_rows.merge(place[["task", *step_times.PLACE]].drop_duplicates())
    hits = convergence.hits(study, trials, curves)
    own_hits = convergence.hits(study, trials, curves, convergence.own_targets(study, trials))
    converged = convergence.convergence(study, comparison, contrasts, hits, own_hits)
    best = candidates(study, trials, comparison, measured)
    front = front_probabilities(study, trials, comparison, placed, measured)
    at_place = seconds(converged, place)
    return Analysis(
        decision=decision_table(study, measured, place, converged, at_place, best, front, trials),
        baselines=baselines(study, trials),
        effects=measured,
        divergence=divergence(study, trials, comparison),
        candidates=best,
        fairness=pairing.fairness(study, trials, comparison),
        rejected=comparison.rejected,
        per_class=per_class(study, trials, comparison),
        moving_statistics=moving_statistics(study, trials, comparison),
        predictions=predictions(study, trials, comparison),
        test_sampling=error_parts(measured, one_subset(trials)),
        interactions=contributions.interactions(study, trials),
        leave_one_out=contributions.leave_one_out(study, trials),
        convergence=converged,
        areas=convergence.areas(study, trials, curves, comparison, contrasts),
        profiles=profiles(study, hits, place),
        step_times=times,
        place=place,
    )
