from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from bench.data.load import load
from bench.data.source import Source
from bench.data.synthetic import _labels, _Stream, generate

LENGTH = 200
VOCABULARY = 10_000


@pytest.fixture(scope="module")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    out = tmp_path_factory.mktemp("reviews")
    generate("imdb_reviews", out, vocabulary_size=VOCABULARY, length=LENGTH)
    return {path.stem: np.load(path) for path in out.glob("*.npy")}


def digest(arrays: dict[str, np.ndarray]) -> str:
    total = sha256()
    for name in sorted(arrays):
        total.update(arrays[name].tobytes())
    return total.hexdigest()


def test_random_words_are_those_of_pcg64() -> None:
    """Against the published generator: NumPy promises this stream, and no other function's."""
    raw = np.random.PCG64(np.random.SeedSequence([20260601, 9])).random_raw(5)
    expected = [(int(word) >> 32) * 1000 >> 32 for word in raw]
    assert _Stream(9).below(1000, 5).tolist() == expected


def test_noise_is_centered_and_as_wide_as_it_says() -> None:
    noise = _Stream(8).noise(200_001)
    assert abs(noise.mean()) < 1.5
    assert abs(noise.std() - 148) < 1


def test_reviews_are_the_same_bit_for_bit(reviews: dict[str, np.ndarray]) -> None:
    assert digest(reviews) == "775bb637b829b9a24b53ea25ccf0fe0763fc553e99fde926bda4faac10f907c4"


def test_reviews_have_the_shape_of_the_real_ones(reviews: dict[str, np.ndarray]) -> None:
    for split in ("train", "test"):
        values, lengths = reviews[f"{split}_values"], reviews[f"{split}_lengths"]
        assert values.shape == (25_000, LENGTH)
        assert values.dtype == lengths.dtype == reviews[f"{split}_labels"].dtype == np.int32
        assert np.array_equal(lengths, (values != 0).sum(axis=1))
        assert np.array_equal(values != 0, np.arange(LENGTH) < lengths[:, None])
        assert lengths.min() >= 1
        assert values.max() == VOCABULARY - 1
        assert np.bincount(reviews[f"{split}_labels"]).tolist() == [12_500, 12_500]


def test_words_follow_zipfs_law(reviews: dict[str, np.ndarray]) -> None:
    values = reviews["train_values"]
    counts = np.sort(np.bincount(values[values > 1]))[::-1]
    ranks = np.arange(5, 2000)
    slope = np.polyfit(np.log(ranks), np.log(counts[ranks - 1]), 1)[0]
    assert -1.2 < slope < -0.8


def test_reviews_can_be_learned_but_not_perfectly(
    reviews: dict[str, np.ndarray],
) -> None:
    """Naive Bayes from 2,000 reviews: far from chance and from perfect, and it overfits."""

    def bags(split: str, count: int) -> np.ndarray:
        bag = np.zeros((count, VOCABULARY), dtype=np.float32)
        rows = np.repeat(np.arange(count), LENGTH)
        np.add.at(bag, (rows, reviews[f"{split}_values"][:count].ravel()), 1)
        bag[:, 0] = 0
        return bag

    train, labels = bags("train", 2000), reviews["train_labels"][:2000]
    counts = np.stack([train[labels == label].sum(axis=0) + 1 for label in (0, 1)])
    weights = np.log(counts[1] / counts[1].sum()) - np.log(counts[0] / counts[0].sum())
    seen = ((train @ weights > 0) == labels).mean()
    test_labels = reviews["test_labels"][:4000]
    unseen = ((bags("test", 4000) @ weights > 0) == test_labels).mean()
    assert 0.65 < unseen < 0.9
    assert seen > unseen + 0.05


@pytest.mark.slow
def test_images_have_the_shape_of_the_real_ones_and_are_the_same_bit_for_bit(
    tmp_path: Path,
) -> None:
    generate("cifar10", tmp_path, vocabulary_size=VOCABULARY, length=LENGTH)
    arrays = {path.stem: np.load(path) for path in tmp_path.glob("*.npy")}
    assert arrays["train_values"].shape == (50_000, 32, 32, 3)
    assert arrays["test_values"].shape == (10_000, 32, 32, 3)
    assert arrays["train_values"].dtype == np.uint8
    assert np.bincount(arrays["train_labels"]).tolist() == [5000] * 10
    assert np.bincount(arrays["test_labels"]).tolist() == [1000] * 10
    assert 100 < arrays["train_values"].mean() < 156
    assert arrays["train_values"].std() > 40
    assert digest(arrays) == "e84f60d417761e96069abf387ce5bd85b8ede264e6c158016d859965a688896b"


def test_eight_percent_of_the_training_labels_are_wrong_and_no_test_label() -> None:
    labels, truth = _labels(1, 50_000, 10, 8)
    assert 0.075 < (labels != truth).mean() < 0.085
    assert np.bincount(labels).tolist() == [5000] * 10
    clean, same = _labels(2, 1000, 10, 0)
    assert np.array_equal(clean, same)


def test_the_identity_names_the_generator(tmp_path: Path) -> None:
    data = load("imdb_reviews", Source("synthetic", cache=tmp_path), length=4)
    assert data.identity == "synthetic:imdb_reviews:1"
    assert data.class_names == ("blame", "praise")
