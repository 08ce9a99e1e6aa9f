"""Mutants of the judged metric: its direction, its error, its declaration."""

from __future__ import annotations

from tests.mutants import Mutant

MUTANTS = [
    Mutant(
        "more-is-always-better", "bench/analysis/verdict.py",
        'sorted((sign * row["low"], sign * row["high"]))',
        '(row["low"], row["high"])',
        "tests/bench/analysis/test_judged.py", "right_words",
    ),
    Mutant(
        "best-has-the-most", "bench/analysis/best.py",
        "scores = metric.sign * metric.scale",
        "scores = metric.scale",
        "tests/bench/analysis/test_judged.py", "the_best",
    ),
    Mutant(
        "front-has-the-most", "bench/analysis/front.py",
        "scores = metric.sign * metric.scale",
        "scores = metric.scale",
        "tests/bench/analysis/test_judged.py", "the_front",
    ),
    Mutant(
        "likelihood-has-the-error-of-answers", "bench/analysis/effects.py",
        "if metric.answers and measured.any()",
        "if metric.name == study.judged and measured.any()",
        "tests/bench/analysis/test_judged.py", "only_answers",
    ),
    Mutant(
        "judged-metric-changes-later", "bench/core/study.py",
        '("profile", "base", "settings", "first_seed", "judged")',
        '("profile", "base", "settings", "first_seed")',
        "tests/bench/analysis/test_judged.py", "keeps_its_metric",
    ),
    Mutant(
        "choice-seeks-a-large-likelihood", "bench/core/metrics.py",
        "return -100 * (math.log",
        "return 100 * (math.log",
        "tests/bench/advising/test_advise.py", "scores_of_a_choice",
    ),
]  # fmt: skip
