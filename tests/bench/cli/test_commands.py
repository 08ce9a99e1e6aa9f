"""The command line as a user meets it: exit codes, one line an error, no TensorFlow for a list."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.cli.main import main
from bench.storage.store import Store
from tests.bench.report.study_factory import Plan, Planted, make


def bench(*words: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [sys.executable, "-m", "bench.cli.main", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=900,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["list"], ["list", "--json"]])
def test_help_and_list_import_no_tensorflow(words: list[str], tmp_path: Path) -> None:
    code = (
        "import sys; from bench.cli.main import app\n"
        f"try: app({words!r})\n"
        "except SystemExit: pass\n"
        "heavy = {'tensorflow', 'keras', 'pandas', 'matplotlib', 'scipy', 'numpy'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr


def test_list_as_json_names_what_there_is(tmp_path: Path) -> None:
    found = json.loads(bench("list", "--json", folder=tmp_path).stdout)
    assert {"mixup", "batch_norm"} <= {s["name"] for s in found["strategies"]}
    assert {"cifar10", "imdb"} <= {t["name"] for t in found["tasks"]}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "--strategies", "mixpu", "--data", "synthetic"], "did you mean 'mixup'"),
        (["report"], "`bench run` makes one"),
    ],
)
def test_a_users_mistake_is_one_line_and_exit_code_2(
    words: list[str], message: str, tmp_path: Path
) -> None:
    found = bench(*words, folder=tmp_path)
    assert found.returncode == 2, found.stderr
    assert_one_line(found.stderr, message)


def assert_one_line(text: str, message: str) -> None:
    errors = [line for line in text.splitlines() if line.startswith("bench:")]
    assert "Traceback" not in text
    assert len(errors) == 1
    assert message in errors[0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "--tasks", "imbd"], "did you mean 'imdb'"),
        (["run", "--profile", "quik"], "did you mean 'quick'"),
        (["run", "--set", "mixup.alpha=-3"], "mixup.alpha is -3"),
        (["run", "--set", "mixup"], "OWNER.PARAMETER"),
        (["run", "--set", "recipe.batch_size=1001"], "recipe of cifar10: batch_size 1001 is above"),
        (
            ["run", "--tasks", "imdb", "--set", "recipe.train_examples=25000"],
            "25,000 training and 1,000 validation examples are more than the 25,000",
        ),
        (
            ["run", "--tasks", "imdb", "--set", "recipe.test_examples=25001"],
            "25,001 test examples are more than the 25,000 of synthetic:imdb_reviews",
        ),
        (["run", "--data", "real"], "unknown data mode 'real'"),
        (["run", "--plugin", "missing.py"], "does not exist"),
        (["run", "--plugin", "."], "is a folder; name a Python file"),
        (["run", "--stack", "batch_norm+layer_norm"], "one owner"),
        (["run", "--retry", "all"], "only `failed`"),
        (["run", "--tasks", ""], "names no task"),
        (["run", "--first-seed", "-1"], "--first-seed is -1"),
        (
            ["run", "--sweep", "mixup.alpha=1", "--sweep", "cutmix.alpha=1"],
            "--sweep is given twice",
        ),
        (["tune", "--tasks", "imdb", "--tasks", "cifar10"], "--tasks is given twice"),
        (["run", "--executor", "slurm", "--profile", "smoke"], "unknown executor 'slurm'"),
        (["run", "--tuned", "missing.json"], "bench tune"),
        (["run", "--strategies", "mixup,mixup"], "twice"),
        (["run", "--jobs", "0", "--profile", "smoke"], "at least 1"),
        (["show", "mixpu"], "did you mean 'mixup'"),
        (["report", "nothing"], "no study 'nothing'"),
        (["run", "--name", "../away", "--dry-run"], "--name '../away'"),
        (["run", "--stack", ""], "--stack is empty"),
        (["run", "--stack", "mixup+"], "a stack has an empty part"),
        (["run", "--base", "+mixup"], "a stack has an empty part"),
        (["run", "--base", ",,"], "--base names no strategy"),
        (["run", "--sweep", ""], "--sweep is empty"),
        (["run", "--processes", "-1"], "--processes is -1"),
        (["run", "--jobs", "0", "--dry-run"], "--jobs is 0"),
        (["run", "--executor", "slurm", "--dry-run"], "unknown executor 'slurm'"),
        (["run", "--address", "here", "--dry-run"], "--address is for --executor ray only"),
        (["run", "--gpus-per-trial", "1", "--dry-run"], "--gpus-per-trial is for --executor ray"),
        (
            ["run", "--strategies", "mixup", "--set", "dropout.rate=0.3", "--dry-run"],
            "--set dropout.rate=0.3 changes nothing",
        ),
        (["run", "--name", "baseline", "--dry-run"], "--name baseline stands for"),
        (["run", "--judge", "nnl"], "unknown metric 'nnl'; did you mean 'nll'?"),
        (["run", "--judge", "train_accuracy"], "train_accuracy gets no verdicts; these do: test_"),
        (["advise", "--budget", "1h", "--objective", "speed"], "unknown objective 'speed'"),
    ],
)
def test_each_mistake_is_one_line(
    words: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In this process, which starts TensorFlow once for all of them."""
    data = ["--data", "synthetic"] if words[0] == "run" and "--data" not in words else []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["bench", *words, *data])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert_one_line(capsys.readouterr().err, message)
    assert not list(tmp_path.glob("results/*/study.json"))


def test_exploratory_declares_no_family(tmp_path: Path) -> None:
    for name, more in (("declared", []), ("first-look", ["--exploratory"])):
        words = ["--profile", "smoke", "--data", "synthetic", "--strategies", "mixup"]
        bench(
            "run", *words, "--tasks", "cifar10", "--declare", "--name", name, *more, folder=tmp_path
        )
    families = {
        name: json.loads((tmp_path / "results" / name / "study.json").read_text())["study"][
            "family"
        ]
        for name in ("declared", "first-look")
    }
    assert families == {"declared": [["cifar10", "mixup"]], "first-look": []}


def test_a_study_of_another_schema_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "results" / "smoke-synthetic"
    folder.mkdir(parents=True)
    (folder / "study.json").write_text('{"sha256": "x", "study": {"schema_version": 99}}')
    found = bench(
        "run", "--profile", "smoke", "--data", "synthetic", folder=tmp_path
    )  # fmt: skip
    assert found.returncode == 2
    assert "schema 99" in found.stderr


def test_the_strong_profile_tunes_first_unless_it_is_told_not_to(tmp_path: Path) -> None:
    words = ["run", "--profile", "strong", "--data", "synthetic", "--tasks", "imdb", "--dry-run"]
    words += ["--strategies", "layer_norm"]
    found = bench(*words, folder=tmp_path)
    assert found.returncode == 0, found.stderr
    tuned, study = found.stdout.split("\n\n")
    assert tuned.startswith("tuned first:\nstudy short in results/tune-strong-synthetic/short")
    assert tuned.endswith("then the best settings in full")
    assert "layer_norm[point 4]" in tuned
    assert "study strong-synthetic-tuned in" in study
    assert "layer_norm[tuned]  against baseline[tuned]" in study
    assert "4 arms x 5 seeds" in study
    declared = bench(*words[:-3], "--declare", *words[-2:], folder=tmp_path)
    assert declared.returncode == 2
    assert "--no-tune leaves that out" in declared.stderr
    assert "tune" not in bench(*words, "--no-tune", folder=tmp_path).stdout
    assert "tune" not in bench(*words, "--sweep", "recipe.steps=1x,2x", folder=tmp_path).stdout
    both = bench(*words, "--tune", "--tuned", str(tmp_path / "f.json"), folder=tmp_path)
    assert both.returncode == 2
    assert "choose one of the two" in both.stderr
    timed = bench(*words, "--tune", "--budget", "5m", folder=tmp_path)
    assert (timed.returncode, "no time for --tune" in timed.stderr) == (2, True)


def test_a_missing_data_folder_never_falls_back_with_tfds(tmp_path: Path) -> None:
    found = bench(
        "run", "--data", "tfds", "--data-dir", str(tmp_path / "none"), "--dry-run",
        folder=tmp_path, TFDS_DATA_DIR="",
    )  # fmt: skip
    assert found.returncode in (1, 2)
    assert "Traceback" not in found.stderr


@pytest.mark.slow
def test_a_study_runs_resumes_and_reports(tmp_path: Path) -> None:
    words = [
        "run", "--profile", "smoke", "--data", "synthetic", "--tasks", "cifar10,imdb",
        "--strategies", "label_smoothing,batch_norm", "--seeds", "2", "--controls",
    ]  # fmt: skip
    first = bench(*words, folder=tmp_path)
    assert first.returncode == 0, first.stderr
    assert "STAND-IN DATA" in first.stderr
    folder = tmp_path / "results" / "smoke-synthetic"
    records = sorted(path.name for path in (folder / "trials").glob("*.json"))
    assert len(records) == 2 * 4 * 2
    for name in ("tables/trials.csv", "tables/effects.csv", "tables/decision.md", "report.html"):
        assert (folder / name).stat().st_size > 0
    effects = (folder / "tables" / "effects.csv").read_text()
    assert "synthetic" in effects
    assert "helps" not in effects

    (folder / "trials" / records[0]).unlink()
    damaged = folder / "trials" / records[1]
    damaged.write_bytes(damaged.read_bytes()[:-30])
    untouched = {n: (folder / "trials" / n).stat().st_mtime_ns for n in records[2:]}
    again = bench(*words, "--json", folder=tmp_path)
    assert again.returncode == 0, again.stderr
    told = [json.loads(line) for line in again.stdout.splitlines()]
    assert sorted(t["event"] for t in told) == ["study", "trial", "trial"]
    assert "damaged" in again.stderr
    assert untouched == {n: (folder / "trials" / n).stat().st_mtime_ns for n in records[2:]}

    other = bench(*words, "--set", "recipe.steps=13", folder=tmp_path)
    assert other.returncode == 2
    assert "another --name" in other.stderr


@pytest.mark.slow
def test_a_crashing_strategy_costs_its_own_trials_alone(tmp_path: Path) -> None:
    (tmp_path / "crash.py").write_text(
        "from dataclasses import dataclass\n"
        "from typing import ClassVar\n"
        "import os\n"
        "from bench.core.strategy import Facts, Paper, Strategy\n"
        "print('a plugin that prints')\n"
        "@dataclass(frozen=True)\n"
        "class Crash(Strategy):\n"
        "    facts: ClassVar = Facts('crash', 'own', Paper('me', 2026, 'x'), 'crashes', 'x',\n"
        "        ('image',), 'free', 'none')\n"
        "    def features(self, batch, moment):\n"
        "        os._exit(9)\n"
    )
    words = [
        "run", "--profile", "smoke", "--data", "synthetic", "--tasks", "cifar10", "--plugin",
        "crash.py", "--strategies", "crash,label_smoothing", "--seeds", "1", "--no-step-times",
        "--first-seed", "0",
    ]  # fmt: skip
    found = bench(*words, folder=tmp_path)
    assert found.returncode == 1
    folder = tmp_path / "results" / "smoke-synthetic"
    assert len(list((folder / "trials").glob("*.json"))) == 2
    assert "failed: cifar10--crash--000: crashed" in found.stderr
    assert (folder / "report.html").exists()
    assert bench(*words, folder=tmp_path).returncode == 1  # not retried, still said


def test_the_doctor_says_what_there_is_and_keeps_tensorflow_quiet(tmp_path: Path) -> None:
    done = bench("doctor", folder=tmp_path)
    assert done.returncode == 0
    assert "ok    tensorflow: " in done.stdout
    assert done.stderr == ""


@pytest.mark.slow
def test_a_plugin_that_imports_tensorflow_brings_none_of_its_start_up_lines(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import tensorflow as tf\n"
        "from dataclasses import dataclass\n"
        "from typing import ClassVar\n"
        "from bench import Facts, Paper, Strategy\n"
        "tf.constant(1)\n"
        "@dataclass(frozen=True)\n"
        "class Mine(Strategy):\n"
        "    facts: ClassVar = Facts('mine', 'own', Paper('me', 2026, 'x'), 'x', 'x',\n"
        "        ('image',), 'free', 'none')\n"
        "    def features(self, batch, moment): return batch\n"
    )
    found = bench("list", "--plugin", "mine.py", folder=tmp_path)
    assert (found.returncode, found.stderr) == (0, "")


@pytest.mark.slow
def test_an_edited_plugin_never_shows_the_figures_of_the_code_before(tmp_path: Path) -> None:
    plugin = tmp_path / "mine.py"
    plugin.write_text(
        "from dataclasses import dataclass\n"
        "from typing import ClassVar\n"
        "from bench import Facts, Paper, Strategy\n"
        "@dataclass(frozen=True)\n"
        "class Mine(Strategy):\n"
        "    facts: ClassVar = Facts('mine', 'own', Paper('me', 2026, 'x'), 'scales', 'x',\n"
        "        ('image',), 'free', 'none')\n"
        "    def features(self, batch, moment):\n"
        "        return batch._replace(values=batch.values * 1.0)\n"
    )
    words = [
        "run", "--profile", "smoke", "--data", "synthetic", "--tasks", "cifar10", "--plugin",
        "mine.py", "--strategies", "mine", "--seeds", "1", "--no-step-times", "--json",
    ]  # fmt: skip

    def loss() -> float:
        folder = tmp_path / "results" / "smoke-synthetic" / "trials"
        (record,) = folder.glob("cifar10--mine--*.json")
        return json.loads(record.read_text())["payload"]["curve"][-1]["train_loss"]

    assert bench(*words, folder=tmp_path).returncode == 0
    before = loss()
    plugin.write_text(plugin.read_text().replace("* 1.0", "* 0.01") + "# a comment\n")
    refused = bench(*words, folder=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr.count("strategy mine was edited") == 1
    assert loss() == before
    again = bench(*words, "--retry", "changed", folder=tmp_path)
    assert again.returncode == 0, again.stderr
    (told,) = [t for t in map(json.loads, again.stdout.splitlines()) if t["event"] == "study"]
    assert (told["trained"], told["there"]) == (1, 1)
    assert loss() != before
    plugin.write_text(plugin.read_text() + "\n# another comment\n")
    assert bench(*words, folder=tmp_path).returncode == 0


WORDS = ["run", "--profile", "smoke", "--data", "synthetic", "--tasks", "cifar10", "--strategies"]


def test_a_dry_run_names_no_seeds_that_are_still_to_be_drawn(tmp_path: Path) -> None:
    new = bench(*WORDS, "mixup", "--dry-run", folder=tmp_path).stdout
    assert "seeds: drawn when it starts" in new
    assert "seeds 7 to 8" in bench(
        *WORDS, "mixup", "--dry-run", "--first-seed", "7", folder=tmp_path
    ).stdout  # fmt: skip


def test_a_study_with_missing_trials_is_neither_finished_nor_a_recipe(tmp_path: Path) -> None:
    bench(*WORDS, "mixup", "--declare", "--name", "declared", folder=tmp_path)
    for words, message in (
        (["compact", "declared"], "4 of 4 trials are missing"),
        (["compact", "declared", "--unfinished"], "has no trial yet"),
        (["recipe", "declared", "mixup"], "has measured nothing yet"),
    ):
        found = bench(*words, folder=tmp_path)
        assert found.returncode == 2
        assert_one_line(found.stderr, message)
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_an_unfinished_study_is_finished_only_on_purpose_or_as_a_choice(tmp_path: Path) -> None:
    made = make(Plan(arms={"mixup": Planted(1.0)}, tasks=("cifar10",), seeds=2))
    for folder, words, code in (
        ("a", [], 2),
        ("a", ["--unfinished"], 0),
        ("b/choosing", [], 0),
    ):
        store = Store(tmp_path / folder)
        store.write_study(made.study)
        store.write(made.records[0])
        (tmp_path / "b").mkdir(exist_ok=True)
        (tmp_path / "b" / "advice.json").write_text("{}")
        found = bench("compact", folder, *words, folder=tmp_path)
        assert (found.returncode, store.is_compact()) == (code, code == 0), found.stderr
