"""Hashes of JSON, which records, histories and checkpoints keep: their values never change."""

from __future__ import annotations

import pytest

from bench.core.canonical import canonical_hash, canonical_json


def test_the_order_of_keys_does_not_matter() -> None:
    assert canonical_hash({"a": 1, "b": [2]}) == canonical_hash({"b": [2], "a": 1})
    assert canonical_hash({"a": 1}) != canonical_hash({"a": 2})


def test_hashes_that_are_stored_stay_what_they_are() -> None:
    value = {"steps": 12, "widths": [8, 16], "name": "é"}
    assert canonical_json(value) == b'{"name":"\\u00e9","steps":12,"widths":[8,16]}'
    assert canonical_hash(value) == "1ea95703d70f08f9"
    assert len(canonical_hash(value, 64)) == 64
    assert canonical_hash(value, 64).startswith(canonical_hash(value))


def test_a_number_that_is_not_finite_has_no_json() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"loss": float("nan")})
