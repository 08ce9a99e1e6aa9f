"""RandAugment against Pillow's operations; 10 is the largest magnitude (1909.13719, section 3)."""

from __future__ import annotations

from collections import Counter

import numpy as np
import tensorflow as tf
from PIL import Image
from scipy.stats import chisquare

from bench import Batch
from strategies.rand_augment import RandAugment
from tests.strategies.moments import moment
from tests.strategies.pillow import close, photograph, variants

IMAGE = photograph(32)
AT_9 = {
    "strength": 0.9, "shear": 0.3, "pixels": 32 * 150 / 331, "degrees": 30.0, "enhance": 0.9,
    "bits": 4,
}  # fmt: skip


def augmented(strategy: RandAugment, count: int, seed: int = 0) -> np.ndarray:
    images = tf.constant(np.tile(IMAGE, (count, 1, 1, 1)) / 255.0, tf.float32)
    run = tf.function(
        lambda i: strategy.examples(Batch(i, None, i), moment(seed=seed)), autograph=False
    )
    return run(images).values.numpy()


def test_each_image_gets_one_of_fourteen_operations_in_either_direction() -> None:
    known = variants(Image.fromarray(IMAGE), **AT_9)  # type: ignore[arg-type]
    seen: Counter[str] = Counter()
    for image in augmented(RandAugment(ops=1, magnitude=9), 280):
        name = min(known, key=lambda n: np.abs(image * 255 - known[n]).mean())
        assert close(image, known[name])
        seen[name] += 1
    assert set(seen) == set(known)
    by_operation = Counter({name.split()[0]: 0 for name in known})
    for name, count in seen.items():
        by_operation[name.split()[0]] += count
    assert len(by_operation) == 14
    assert set(by_operation.values()) == {20}
    assert chisquare([v for k, v in seen.items() if k.endswith("1")]).pvalue > 1e-4


def test_two_operations_act_one_after_the_other() -> None:
    first = variants(Image.fromarray(IMAGE), **AT_9)  # type: ignore[arg-type]
    both = {
        (name, then): result
        for name, once in first.items()
        for then, result in variants(Image.fromarray(once), **AT_9).items()  # type: ignore[arg-type]
    }
    distances, alike = [], []
    for image in augmented(RandAugment(magnitude=9), 56):
        far = {names: np.abs(image * 255 - result).mean() for names, result in both.items()}
        one, two = min(far, key=lambda names: far[names])
        distances.append(far[one, two])
        alike.append(one.split()[0] == two.split()[0])
    # Pillow rounds to bytes in between, and a pixel may be rounded over a threshold.
    assert np.mean(np.array(distances) < 1.0) > 0.85
    assert np.mean(alike) < 0.4


def test_the_images_of_a_batch_stay_in_their_order() -> None:
    """At magnitude 0 no operation changes an image of one color."""
    images = tf.ones([60, 8, 8, 3]) * tf.range(60.0)[:, None, None, None] * 4.0 / 255.0
    result = RandAugment(magnitude=0).examples(Batch(images, None, images), moment()).values
    np.testing.assert_allclose(result, images, atol=1e-5)


def test_probability_zero_changes_nothing_and_half_about_half() -> None:
    original = np.float32(IMAGE / 255.0)
    np.testing.assert_array_equal(augmented(RandAugment(prob=0.0), 20)[7], original)
    same = [np.array_equal(i, original) for i in augmented(RandAugment(ops=1, prob=0.5), 400)]
    assert 0.42 < np.mean(same) < 0.68
