"""`bench report`: tables, plots and page of a study, complete or not."""

from __future__ import annotations

from bench.cli import options as shared
from bench.cli.options import RESULTS, study_folder


def report(
    study: shared.StudyName = None, results: shared.Results = RESULTS, plugin: shared.Plugins = None
) -> None:
    """Write the tables, plots and page of a study from its records."""
    from bench.cli.summary import print_paths
    from bench.report.report import report_study

    stored, store = shared.stored_study(study_folder(results, study))
    print_paths(report_study(stored, store, shared.registry(plugin)))
