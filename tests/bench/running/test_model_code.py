"""The code of a user's model is a part of an arm's code."""

from __future__ import annotations

from pathlib import Path

from bench.running.source_code import file_hash


def test_a_hash_covers_the_file_and_what_it_imports_from_beside_it(tmp_path: Path) -> None:
    model, part = tmp_path / "model.py", tmp_path / "part.py"
    model.write_text("import part\n\ndef make(a, b):\n    return part.WIDTH\n")
    part.write_text("WIDTH = 3\n")
    first = file_hash(model)
    for name, width in (("same", 3), ("other", 4)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.py").write_text("# A comment.\n" + model.read_text())
        (tmp_path / name / "part.py").write_text(f"WIDTH = {width}\n")
    assert file_hash(tmp_path / "same" / "model.py") == first
    assert file_hash(tmp_path / "other" / "model.py") != first
