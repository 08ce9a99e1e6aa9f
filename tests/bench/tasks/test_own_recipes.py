"""Recipes for a user's data: those of the built-in tasks where the data is alike."""

from __future__ import annotations

import pickle

import pytest

from bench.tasks.cifar10 import Cifar10
from bench.tasks.imdb import Imdb
from bench.tasks.own_recipes import IMAGE_RATES, for_model, image_recipes, text_recipes


def test_the_strong_recipe_of_images_is_that_of_cifar10_where_data_is_alike() -> None:
    made = image_recipes(50_000, 10_000, (32, 32, 3))["strong"].values()
    known = Cifar10.profiles["strong"].values()
    assert made.pop("steps") == pytest.approx(known.pop("steps"), rel=0.01)
    assert made == known
    few = image_recipes(1_000, 200, (32, 32, 3))["strong"]
    assert (few.batch_size, few.steps) == (64, 400)
    assert few.learning_rate == pytest.approx(0.05 / 2), "the rate goes with the root of the batch"
    tiny = image_recipes(1_000, 200, (4, 9, 1))["strong"]
    assert (tiny.network, tiny.optimizer) == ("residual", "adam"), "too small for the fast network"


def test_the_strong_recipe_of_texts_is_that_of_imdb_where_data_is_alike() -> None:
    made = text_recipes(24_500, 25_000, 80_000, (10, 100, 200, 600, 2_000))["strong"].values()
    known = Imdb.profiles["strong"].values()
    assert made.pop("steps") == pytest.approx(known.pop("steps"), rel=0.01)
    assert made == known


def test_a_stored_recipe_is_read_whatever_data_there_is_now() -> None:
    for recipes in (image_recipes(48, 12, (8, 8, 3)), text_recipes(48, 12, 90, (1, 2, 3, 4, 5))):
        for recipe in (recipes["smoke"], for_model(recipes, "m")["smoke"]):
            values = {**recipe.values(), "train_examples": 100}
            with pytest.raises(
                ValueError, match="100 training and 10 validation examples are more"
            ):
                type(recipe).model_validate(values)
            assert type(recipe).stored(values).train_examples == 100
            assert pickle.loads(pickle.dumps(recipe)).values() == recipe.values()


def test_a_model_of_the_user_s_own_is_trained_by_adam_in_every_profile() -> None:
    for profile, recipe in for_model(image_recipes(50_000, 9, (32, 32, 3)), "m").items():
        assert (recipe.optimizer, recipe.learning_rate) == ("adam", IMAGE_RATES[profile])
        assert recipe.schedule == "cosine"
