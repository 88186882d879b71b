from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from regimen.data.dataset import Dataset
from regimen.data.load import load
from regimen.data.split import other_split, split
from regimen.errors import DataError, OptionError


def dataset(*counts: int) -> Dataset:
    labels = np.repeat(np.arange(len(counts)), counts)
    return Dataset.from_arrays(
        np.zeros((len(labels), 2, 2), np.uint8), labels, class_names=list("abcdefgh")[: len(counts)], name="d"
    )


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits")


@pytest.mark.parametrize("validation", [0.1, 0.3, 0.5])
@pytest.mark.parametrize("seed", [0, 777])
@pytest.mark.parametrize("stratify", [True, False])
def test_it_is_scikit_learns_split(digits, validation, seed, stratify):
    labels = digits.train.labels
    strata = labels if stratify else None
    expected = train_test_split(np.arange(len(labels)), test_size=validation, random_state=seed, stratify=strata)
    parts = split(digits, validation=validation, seed=seed, stratify=stratify)
    for found, wanted in zip((parts.training, parts.validation), expected, strict=True):
        np.testing.assert_array_equal(found, np.sort(wanted))
        assert found.dtype == np.int64


@given(
    counts=st.lists(st.integers(20, 60), min_size=2, max_size=5),
    validation=st.floats(0.2, 0.8),
    train_fraction=st.none() | st.floats(0.5, 0.9),
    seed=st.integers(0, 2**32 - 1),
)
def test_parts_are_disjoint_complete_and_in_proportion(counts, validation, train_fraction, seed):
    data = dataset(*counts)
    train_size = None if train_fraction is None else int(train_fraction * sum(counts))
    parts = split(data, validation=validation, seed=seed, train_size=train_size)
    used = np.concatenate([parts.training, parts.validation])
    assert len(np.unique(used)) == len(used) == (train_size or sum(counts))
    assert (np.diff(parts.training) > 0).all()
    assert (np.diff(parts.validation) > 0).all()
    in_validation = np.bincount(data.train.labels[parts.validation])
    assert (np.abs(in_validation - np.bincount(data.train.labels[used]) * len(parts.validation) / len(used)) <= 1).all()


def test_300_training_images_of_digits(digits):
    for validation in ((1797 - 300) / 1797, 1497, np.int64(1497)):
        parts = split(digits, validation=validation)
        assert len(parts.training) == 300
    np.testing.assert_array_equal(parts.training, split(digits, validation=1497 / 1797).training)


@pytest.mark.parametrize(("validation", "expected"), [(0.55, 55), (0.07, 7), (0.28, 28), (0.125, 13)])
def test_fractions_are_not_rounded_up_by_floating_point_error(validation, expected):
    assert len(split(dataset(50, 50), validation=validation).validation) == expected


def test_train_size_counts_both_parts(digits):
    parts = split(digits, train_size=1000)
    assert (len(parts.training), len(parts.validation)) == (700, 300)
    everything = split(digits, train_size=1797)
    np.testing.assert_array_equal(everything.training, split(digits).training)


def test_seeds_differ_and_repeat(digits):
    assert (split(digits, seed=1).validation == split(digits, seed=1).validation).all()
    assert (split(digits, seed=1).validation != split(digits, seed=2).validation).any()


def test_none_takes_what_the_source_marked():
    data = replace(dataset(6, 6), given_validation=np.array([4, 5, 10, 11]))
    parts = split(data, validation=None)
    assert parts.validation.tolist() == [4, 5, 10, 11]
    assert parts.training.tolist() == [0, 1, 2, 3, 6, 7, 8, 9]
    assert len(split(data, validation=0.5).validation) == 6


def test_train_size_thins_out_the_marked_part_too():
    data = replace(dataset(20, 20), given_validation=np.r_[10:20, 30:40])
    parts = split(data, validation=None, train_size=20)
    assert len(parts.training) + len(parts.validation) == 20
    assert set(parts.validation) <= set(data.given_validation)
    assert not set(parts.training) & set(data.given_validation)


def test_none_without_marks_is_a_third_or_so(digits):
    np.testing.assert_array_equal(split(digits, validation=None).validation, split(digits, validation=0.3).validation)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"validation": 0}, "validation is 0; expected a fraction between 0 and 1"),
        ({"validation": 0.0}, "validation is 0.0;"),
        ({"validation": 1.0}, "validation is 1.0;"),
        ({"validation": 5.0}, "validation is 5.0;"),
        ({"validation": -0.1}, "validation is -0.1;"),
        ({"validation": float("nan")}, "validation is nan;"),
        ({"validation": 20}, "images from 1 to 19"),
        ({"validation": True}, "validation is True;"),
        ({"validation": "0.3"}, "validation is '0.3';"),
        ({"validation": 1}, "the validation part would have 1 of 20 images, fewer than the 2 classes"),
        ({"validation": 19}, "the training part would have 1 of 20 images"),
        ({"seed": -1}, "split seed is -1"),
        ({"seed": 2**32}, "split seed is 4294967296"),
        ({"seed": 0.5}, "split seed is 0.5"),
        ({"train_size": 0}, r"train_size is 0; expected a whole number from 4 \(two images per class\) to 20"),
        ({"train_size": 21}, "train_size is 21;"),
        ({"train_size": 0.5}, "train_size is 0.5;"),
        ({"train_size": 19}, "leaves 1 images out.*Use 20 or at most 18"),
    ],
)
def test_numbers_out_of_range_are_refused(options, message):
    with pytest.raises(OptionError, match=message):
        split(dataset(10, 10), **options)


@pytest.mark.parametrize("options", [{}, {"train_size": 10}])
def test_a_class_of_one_image_is_named(options):
    with pytest.raises(DataError, match=r"d: fewer than two images of 'c \(1\)' among 21"):
        split(dataset(10, 10, 1), **options)


def test_a_class_that_one_part_lacks_is_named():
    with pytest.raises(DataError, match="class 'b' would have 2 training and 0 validation images"):
        split(dataset(100, 2), validation=0.1)
    marked = replace(dataset(5, 5), given_validation=np.array([0, 1]))
    with pytest.raises(DataError, match="class 'b' would have 5 training and 0 validation images"):
        split(marked, validation=None)


@given(counts=st.lists(st.integers(4, 40), min_size=2, max_size=5), validation=st.floats(0.3, 0.7))
def test_another_split_validates_on_images_that_the_first_one_trains_on(counts, validation):
    data = dataset(*counts)
    first = split(data, validation=validation)
    other = other_split(data, first)
    np.testing.assert_array_equal(
        np.sort(np.concatenate([other.training, other.validation])), np.arange(len(data.train.labels))
    )
    shared = np.intersect1d(first.validation, other.validation)
    for label in range(len(counts)):
        trains, validates, again = (
            np.count_nonzero(data.train.labels[part] == label) for part in (first.training, first.validation, shared)
        )
        assert np.count_nonzero(data.train.labels[other.validation] == label) == validates
        assert again == max(0, validates - trains)


def test_another_split_leaves_out_what_the_first_one_left_out_and_follows_its_seed(digits):
    first = split(digits, train_size=600)
    other = other_split(digits, first)
    assert set(other.training) | set(other.validation) == set(first.training) | set(first.validation)
    np.testing.assert_array_equal(other.validation, other_split(digits, first).validation)
    assert not np.array_equal(other.validation, other_split(digits, first, seed=1).validation)
