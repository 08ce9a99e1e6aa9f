"""The wrong versions of the code still fit it: `make test-mutants` can run each of them."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.mutants import Mutant, find
from tests.mutants.__main__ import ROOT, mutated

MUTANTS = find()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_changes_one_place_of_its_file_into_code_that_compiles(mutant: Mutant) -> None:
    source = mutated(mutant)
    assert source != (ROOT / mutant.file).read_text()
    compile(source, mutant.file, "exec")
    assert (ROOT / mutant.tests).is_file()


def test_no_two_mutants_share_a_name() -> None:
    assert [name for name, count in Counter(m.name for m in MUTANTS).items() if count > 1] == []
