"""Images of one's own: every reader gives the pixels and the classes that were written."""

from __future__ import annotations

import json
import os
import shutil
import struct
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bench.core.errors import UsageError
from bench.data.own.load import images
from bench.data.selection import select
from tests.bench.data.own.made import noise, read, write_folder, write_idx, write_picture

NAMES = st.text(
    st.characters(exclude_categories=("C", "Z"), exclude_characters="/\\."), min_size=1, max_size=12
)


def as_bytes(image: np.ndarray) -> np.ndarray:
    return image if image.dtype == np.uint8 else np.round(image * 255).astype(np.uint8)


@settings(max_examples=25, deadline=None)
@given(
    height=st.integers(8, 24),
    width=st.integers(8, 24),
    channels=st.sampled_from([0, 1, 3, 4]),
    counts=st.lists(st.integers(1, 9), min_size=2, max_size=6).filter(lambda c: max(c) > 1),
    names=st.booleans(),
    dtype=st.sampled_from(["uint8", "float32", "int64"]),
)
def test_npz_keeps_each_image_with_its_class(
    height: int, width: int, channels: int, counts: list[int], names: bool, dtype: str
) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    classes = [f"ü {number}, x" for number in range(len(counts))] if names else None
    shape = (len(labels), height, width, *([channels] if channels else []))
    values = noise(1, *shape)
    values[0].flat[:2] = 0, 255
    written = values if dtype == "uint8" else values.astype(dtype)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "mine.npz"
        stored = np.array(classes)[labels] if classes else labels * 10 - 10
        np.savez_compressed(path, x_train=written, y_train=stored)
        data = read(f"npz:{path}", Path(name))
        numbers = range(-10, 10 * len(counts) - 10, 10)
        read_back = images(data)
        train, test = read_back.train, read_back.test
        assert data.facts.class_names == tuple(classes or map(str, numbers))
        assert len(train) + len(test) == len(labels)
        pairs = {
            (label, as_bytes(image).tobytes())
            for split in (train, test)
            for image, label in zip(split.values, split.labels, strict=True)
        }  # fmt: skip
        assert pairs == {(label, v.tobytes()) for label, v in zip(labels, values, strict=True)}
        for number, count in enumerate(counts):
            tested = int((test.labels == number).sum())
            assert tested == (0 if count == 1 else max(1, round(0.2 * count)))
        scaled = np.asarray(train.values, np.float64) / (
            255 if train.values.dtype == np.uint8 else 1
        )
        np.testing.assert_allclose(data.facts.mean, scaled.mean((0, 1, 2)), atol=1e-4)
        np.testing.assert_allclose(data.facts.deviation, scaled.std((0, 1, 2)), atol=1e-4)


@settings(max_examples=15, deadline=None)
@given(
    classes=st.lists(NAMES, min_size=2, max_size=4, unique_by=str.lower),
    height=st.integers(8, 40),
    width=st.integers(8, 40),
    mode=st.sampled_from(["L", "RGB", "RGBA", "P", "1"]),
    ending=st.sampled_from(["png", "PNG", "bmp", "gif"]),
)
def test_a_folder_of_any_names_sizes_and_colors(
    classes: list[str], height: int, width: int, mode: str, ending: str
) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "data"
        for number, label in enumerate(classes):
            (root / label).mkdir(parents=True)
            for index in range(3):
                picture = Image.fromarray(noise(10 * number + index, height, width, 3))
                kept = mode if (ending.lower(), mode) not in {("bmp", "RGBA")} else "RGB"
                picture.convert(kept).save(root / label / f"{index}.{ending}")
        data = read(f"folder:{root}", Path(name))
        dataset = images(data)
        assert data.facts.class_names == tuple(sorted(classes))
        assert dataset.train.values.shape[1:3] == (height, width)
        grey = mode in ("L", "1") and ending.lower() != "gif"
        assert dataset.train.values.shape[3] in ((1,) if grey else (1, 3))
        select(dataset, 2, 1, 1)


def test_pixels_of_a_folder_are_those_of_the_files(tmp_path: Path) -> None:
    write_folder(tmp_path / "p", ["a", "b"], 5, 9, 12, 3)
    dataset = images(read(f"folder:{tmp_path / 'p'}", tmp_path))
    both = [*dataset.train.values, *dataset.test.values]
    expected = {noise(100 * c + i, 9, 12, 3).tobytes() for c in range(2) for i in range(5)}
    assert {image.tobytes() for image in both} == expected


def test_broken_hidden_and_other_files_are_left_out_and_named(tmp_path: Path) -> None:
    root = write_folder(tmp_path / "p", ["a", "b"], 4, 8, 8, 3)
    (root / "a" / "broken.jpg").write_bytes(b"\xff\xd8 no picture")
    cut = (root / "a" / "0.png").read_bytes()
    (root / "a" / "cut.png").write_bytes(cut[: len(cut) // 2])
    (root / "b" / "notes.txt").write_text("text")
    (root / "b" / ".hidden.png").write_bytes(b"hidden")
    (root / ".git").mkdir()
    facts = read(f"folder:{root}", tmp_path).facts
    assert (facts.train, facts.test) == (6, 2)
    assert {name for name, _ in facts.unreadable} == {"a/broken.jpg", "a/cut.png"}
    assert facts.others == ("b/notes.txt",)


def test_given_splits_are_kept(tmp_path: Path) -> None:
    root = tmp_path / "p"
    write_folder(root / "train", ["a", "b"], 4, 8, 8)
    write_folder(root / "validation", ["a", "c"], 2, 8, 8)
    write_picture(root / "validation" / "c" / "0.png", noise(999, 8, 8))
    write_picture(root / "validation" / "c" / "1.png", noise(998, 8, 8))
    data = read(f"folder:{root}", tmp_path)
    assert data.facts.class_names == ("a", "b", "c")
    assert (data.facts.train_counts, data.facts.test_counts) == ((4, 4, 0), (2, 0, 2))
    assert data.facts.divided == ""
    assert data.facts.repeated_count == 2  # both sides have the first two pictures of `a`


def test_splits_that_are_not_used_are_named(tmp_path: Path) -> None:
    for split in ("train", "test", "val", "extra"):
        write_folder(tmp_path / "p" / split, ["a", "b"], 4, 8, 8)
    (tmp_path / "p" / "notes").mkdir()
    assert read(f"folder:{tmp_path / 'p'}", tmp_path).facts.unread == ("extra", "val")
    split = {"x": noise(1, 6, 4, 4), "y": np.arange(6) % 2}
    arrays = {f"{n}_{s}": split[n] for n in split for s in ("train", "test", "val")}
    np.savez(tmp_path / "a.npz", **arrays)
    assert read(f"npz:{tmp_path / 'a.npz'}", tmp_path).facts.unread == ("x_val",)


def test_names_of_the_splits_in_any_case(tmp_path: Path) -> None:
    write_folder(tmp_path / "p" / "Train", ["a", "b"], 4, 8, 8)
    write_folder(tmp_path / "p" / "Test", ["a", "b"], 2, 8, 8)
    facts = read(f"folder:{tmp_path / 'p'}", tmp_path).facts
    assert (facts.class_names, facts.train, facts.test) == (("a", "b"), 8, 4)


def test_a_training_split_beside_an_unknown_folder_is_no_class(tmp_path: Path) -> None:
    for split in ("train", "testing"):
        write_folder(tmp_path / "p" / split, ["a", "b"], 4, 8, 8)
    with pytest.raises(UsageError, match="beside it testing; name the folder of the test pictures"):
        read(f"folder:{tmp_path / 'p'}", tmp_path)
    write_picture(tmp_path / "p" / "train" / "0.png", noise(5, 8, 8))
    assert read(f"folder:{tmp_path / 'p'}", tmp_path).facts.class_names == ("testing", "train")


def test_names_that_are_no_utf_8_and_pictures_that_cannot_be_opened(tmp_path: Path) -> None:
    root = write_folder(tmp_path / "p", ["a", "b"], 4, 8, 8)
    odd = os.fsencode(root) + b"/\xff"
    try:
        os.mkdir(odd)
    except OSError:  # as on macOS: such a name cannot be there, so there is nothing to test
        pytest.skip("this file system refuses names that are not UTF-8")
    for number in range(2):
        shutil.copy(root / "a" / f"{number}.png", odd + b"/\xfe%d.png" % number)
    (root / "a" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    facts = read(f"folder:{root}", tmp_path).facts
    assert facts.class_names == (r"\xff", "a", "b")
    assert facts.unreadable == (("a/gone.png", "No such file or directory"),)
    json.dumps(facts.class_names).encode()


def test_a_folder_of_broken_pictures_alone(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "p" / name).mkdir(parents=True)
        (tmp_path / "p" / name / "0.png").write_bytes(b"no picture")
    with pytest.raises(
        UsageError, match=r"no example that can be read; the first: a/0.png: cannot"
    ):
        read(f"folder:{tmp_path / 'p'}", tmp_path)


def test_a_class_without_a_picture_is_named(tmp_path: Path) -> None:
    root = write_folder(tmp_path / "p", ["a", "b"], 4, 8, 8)
    before = read(f"folder:{root}", tmp_path)
    assert before.facts.unreadable == ()
    (root / "empty").mkdir()
    after = read(f"folder:{root}", tmp_path)
    assert after.facts.class_names == ("a", "b")
    assert after.facts.unreadable == (("empty/", "the folder has no picture, so it is no class"),)
    write_picture(root / "broken" / "0.png", noise(0, 8, 8))
    (root / "broken" / "0.png").write_bytes(b"no picture")
    with pytest.raises(
        UsageError,
        match=r"the class 'broken' has no picture that can be read \(the first: broken/0.png: cannot",
    ):
        read(f"folder:{root}", tmp_path)
    shutil.rmtree(root / "broken")
    shutil.rmtree(root / "b")
    with pytest.raises(
        UsageError, match=r"has 1 folder with pictures .*; without a picture: empty"
    ):
        read(f"folder:{root}", tmp_path)


def test_large_pictures_shrink_and_transparency_is_white(tmp_path: Path) -> None:
    for index in range(4):
        clear = np.zeros((128, 256, 4), np.uint8)
        clear[:, :128] = 0, 0, index, 255
        write_picture(tmp_path / "p" / "ab"[index % 2] / f"{index}.png", clear)
    image = images(read(f"folder:{tmp_path / 'p'}", tmp_path)).train.values[0]
    assert image.shape == (32, 64, 3)
    assert image[:, :28].max() < 10
    assert image[:, 36:].min() > 240
    sized = read(f"folder:{tmp_path / 'p'}", tmp_path, size="16x8", color="rgba")
    assert sized.facts.shape == (16, 8, 4)


def test_sixteen_bit_grey_is_scaled(tmp_path: Path) -> None:
    deep = np.full((8, 8), 65535, np.uint16)
    for index in range(4):
        deep[0, 0] = 257 * index
        write_picture(tmp_path / "p" / "ab"[index % 2] / f"{index}.png", deep)
    values = images(read(f"folder:{tmp_path / 'p'}", tmp_path)).train.values
    assert values.shape[1:] == (8, 8, 1)
    assert values.max() == 255
    assert values[:, 0, 0].max() <= 3


def test_identity_is_of_the_content_not_of_the_place(tmp_path: Path) -> None:
    write_folder(tmp_path / "p", ["a", "b"], 4, 8, 8, 3)
    first = read(f"folder:{tmp_path / 'p'}", tmp_path)
    shutil.copytree(tmp_path / "p", tmp_path / "elsewhere")
    assert read(f"folder:{tmp_path / 'elsewhere'}", tmp_path).identity == first.identity
    write_picture(tmp_path / "p" / "a" / "0.png", noise(7, 8, 8, 3))
    assert read(f"folder:{tmp_path / 'p'}", tmp_path).identity != first.identity
    assert read(f"folder:{tmp_path / 'elsewhere'}", tmp_path, size="9").identity != first.identity


def test_another_split_seed_tests_other_examples(tmp_path: Path) -> None:
    write_folder(tmp_path / "p", ["a", "b"], 20, 8, 8)
    tested = [
        {row.tobytes() for row in images(data).test.values}
        for data in (
            read(f"folder:{tmp_path / 'p'}", tmp_path),
            read(f"folder:{tmp_path / 'p'}", tmp_path, split_seed="1"),
            read(f"folder:{tmp_path / 'p'}", tmp_path, test_share="0.5"),
        )
    ]
    assert tested[0] != tested[1]
    assert [len(part) for part in tested] == [8, 8, 20]


@pytest.mark.parametrize("compress", [False, True])
def test_idx_files_as_mnist_has_them(compress: bool, tmp_path: Path) -> None:
    end = ".gz" if compress else ""
    labels = np.arange(30) % 10
    for begin, seed in (("train", 0), ("t10k", 1)):
        write_idx(tmp_path / f"{begin}-images-idx3-ubyte{end}", noise(seed, 30, 28, 20), compress)
        write_idx(tmp_path / f"{begin}-labels-idx1-ubyte{end}", labels, compress)
    data = read(f"idx:{tmp_path}", tmp_path)
    assert data.facts.class_names == tuple("0123456789")
    dataset = images(data)
    assert dataset.train.values.shape == (30, 28, 20, 1)
    written = dict(zip(map(bytes, noise(1, 30, 28, 20)), labels, strict=True))
    for image, label in zip(dataset.test.values, dataset.test.labels, strict=True):
        assert written[image.tobytes()] == label


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ((8, 4, 3, 8, 8), r"\(4, 3, 8, 8\), with the channels first"),
        ((8, 4, 0, 8), r"images of \[0, 8\] values"),
        ((8, 4, 2**31, 2**31), "no complete IDX file"),
        ((8, 4, 8, 8), "ends at image 1"),
        ((7, 4, 8, 8), "is no IDX file"),
    ],
)
def test_idx_files_that_are_damaged_or_something_else(
    header: tuple[int, ...], message: str, tmp_path: Path
) -> None:
    kind, *shape = header
    start = struct.pack(f">HBB{len(shape)}I", 0, kind, len(shape), *shape)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(start + b"x" * 100)
    write_idx(tmp_path / "train-labels-idx1-ubyte", np.arange(4) % 2)
    with pytest.raises(UsageError, match=message):
        read(f"idx:{tmp_path}", tmp_path)


def test_images_are_prepared_one_at_a_time(tmp_path: Path) -> None:
    """The memory that it takes does not grow with the number of images."""
    import resource

    count = 6_000
    path = tmp_path / "large.npz"
    np.savez(path, x_train=np.zeros((count, 64, 64, 3), np.uint8), y_train=np.arange(count) % 2)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    data = read(f"npz:{path}", tmp_path)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert data.facts.train == count * 0.8
    assert after - before < 40_000  # kilobytes; the images have 74,000


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"a": np.zeros(3)}, "it must hold x_train and y_train"),
        ({"x_train": np.zeros((4, 9)), "y_train": [0, 1, 0, 1]}, "texts come from a csv"),
        ({"x_train": noise(0, 4, 3, 8, 8), "y_train": [0, 1, 0, 1]}, "put them last"),
        ({"x_train": noise(0, 3, 8, 8), "y_train": [0, 1, 2]}, "one example of each class"),
        ({"x_train": noise(0, 4, 8, 8), "y_train": [0, 1]}, "4 examples and y_train 2"),
        ({"x_train": noise(0, 4, 8, 8), "y_train": [0.5, 1, 0, 1]}, "regression is not"),
        ({"x_train": noise(0, 4, 8, 8), "y_train": [np.inf, 1, 0, 1]}, "regression is not"),
        ({"x_train": noise(0, 4, 8, 8), "y_train": np.ones((4, 3))}, "several labels are not"),
        ({"x_train": noise(0, 4, 8, 8), "y_train": [1, 1, 1, 1]}, r"one class \(1\)"),
        ({"x_train": np.full((4, 8, 8), np.nan), "y_train": [0, 1, 0, 1]}, "not finite"),
        ({"x_train": np.array([{}, 1]), "y_train": [0, 1]}, "Python objects"),
    ],
)
def test_arrays_that_are_no_classification(
    members: dict[str, np.ndarray], message: str, tmp_path: Path
) -> None:
    np.savez(tmp_path / "m.npz", **members)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=message) as raised:
        read(f"npz:{tmp_path / 'm.npz'}", tmp_path)
    assert "\n" not in str(raised.value)


def test_a_cut_npz_file(tmp_path: Path) -> None:
    np.savez(tmp_path / "m.npz", x_train=noise(0, 40, 8, 8), y_train=np.arange(40) % 2)
    whole = (tmp_path / "m.npz").read_bytes()
    (tmp_path / "m.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UsageError, match=r"no complete \.npz"):
        read(f"npz:{tmp_path / 'm.npz'}", tmp_path)


@pytest.mark.parametrize("classes", [[], ["only"]])
def test_a_folder_of_fewer_than_two_classes(classes: list[str], tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    write_folder(tmp_path / "p", classes, 3, 8, 8)
    with pytest.raises(UsageError, match="one for each class, two or more"):
        read(f"folder:{tmp_path / 'p'}", tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": "big"}, "data.size=big: give 64"),
        ({"size": "4"}, "8 to 9999"),
        ({"size": "99999"}, "8 to 9999"),
        ({"color": "blue"}, "choose auto, grey"),
        ({"sise": "9"}, "did you mean 'data.size'"),
        ({"test_share": "2"}, "between 0 and 1"),
    ],
)
def test_options_that_a_folder_does_not_have(
    options: dict[str, str], message: str, tmp_path: Path
) -> None:
    write_folder(tmp_path / "p", ["a", "b"], 3, 8, 8)
    with pytest.raises(UsageError, match=message):
        read(f"folder:{tmp_path / 'p'}", tmp_path, **options)


def test_a_size_that_no_memory_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_folder(tmp_path / "p", ["a", "b"], 3, 8, 8)
    monkeypatch.setattr("bench.core.environment.memory", lambda: 10**6)
    message = r"data\.size=900: 6 pictures of 900x900 are 0 GB, more than half of this machine's"
    with pytest.raises(UsageError, match=message):
        read(f"folder:{tmp_path / 'p'}", tmp_path, size="900")
