"""IMDB's recipes are written once and checked as they are used."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from bench.core.errors import UsageError
from bench.core.recipe import changed
from bench.tasks.imdb import Imdb, ImdbTransformer
from bench.training.compiled_arm import CompiledArm, Settings
from tests.tiny import tiny_data, tiny_recipe


def test_both_networks_see_the_same_reviews_in_every_profile() -> None:
    shared = ("train_examples", "validation_examples", "test_examples", "vocabulary", "length")
    for profile in Imdb.profiles.keys() & ImdbTransformer.profiles.keys():
        recipe, other = Imdb.profiles[profile], ImdbTransformer.profiles[profile]
        assert [getattr(recipe, name) for name in shared] == [getattr(other, n) for n in shared]


def test_every_profile_leaves_room_for_the_reviews_that_are_left_out() -> None:
    """125 of the 25,000 training reviews occur in the test split."""
    for recipe in (*Imdb.profiles.values(), *ImdbTransformer.profiles.values()):
        assert recipe.train_examples + recipe.validation_examples <= 25_000 - 125


def test_heads_divide_the_embedding() -> None:
    with pytest.raises(UsageError, match="embedding 32 is no multiple of heads 3"):
        changed(ImdbTransformer.profiles["quick"], {"heads": 3}, "imdb_transformer")


def test_xla_compiles_all_but_the_lstm() -> None:
    task = Imdb()
    assert not task.allows_xla(task.recipe("standard"))
    assert task.allows_xla(task.recipe("strong"))
    assert ImdbTransformer().allows_xla(ImdbTransformer.profiles["standard"])


def test_averaged_words_train_alike_with_xla() -> None:
    task = Imdb()
    recipe = changed(tiny_recipe(task), {"network": "ngrams", "buckets": 60}, "imdb")
    trained = []
    for xla in (False, True):
        arm = CompiledArm(task, [], recipe, Settings(xla=xla), tiny_data(task))
        arm.reset(0)
        arm.train_steps(tf.constant(0), tf.constant(recipe.steps))
        trained.append(np.concatenate([w.numpy().ravel() for w in arm.network.trainable_variables]))
    assert np.abs(trained[0]).max() > 0.05
    assert trained[1] == pytest.approx(trained[0], abs=1e-5)
