import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from regimen.data.arrays import with_colour
from regimen.data.dataset import Dataset
from regimen.errors import DataError

IMAGES = np.arange(4 * 2 * 3, dtype=np.uint8).reshape(4, 2, 3)
LABELS = [0, 1, 0, 1]


def test_grey_images_get_a_channel_axis():
    data = Dataset.from_arrays(IMAGES, LABELS)
    assert data.train.images.shape == (4, 2, 3, 1)
    assert data.train.labels.dtype == np.int64
    assert data.class_names == ("0", "1")


@pytest.mark.parametrize(
    "images",
    [
        IMAGES.astype(np.int64),
        IMAGES.astype(np.float64),
        IMAGES / 255,
        (IMAGES / 255).astype(np.float16),
        IMAGES.tolist(),
    ],
    ids=["int64", "whole floats", "unit floats", "float16", "lists"],
)
def test_all_number_types_give_the_same_pixels(images):
    converted = Dataset.from_arrays(images, LABELS).train.images
    assert converted.dtype == np.uint8
    np.testing.assert_array_equal(converted[..., 0], IMAGES)


@given(st.lists(st.integers(0, 255), min_size=2, max_size=2000))
def test_scaling_to_the_unit_interval_is_undone_exactly(values):
    pixels = np.array(values, np.uint8).reshape(-1, 1, 1)
    labels = np.arange(len(pixels)) % 2
    for unit in (pixels / 255, (pixels / 255).astype(np.float32)):
        np.testing.assert_array_equal(Dataset.from_arrays(unit, labels).train.images[..., 0], pixels)


def test_torch_tensors_are_taken():
    torch = pytest.importorskip("torch")
    data = Dataset.from_arrays(torch.rand(4, 2, 2, 3), torch.tensor(LABELS))
    assert data.train.images.shape == (4, 2, 2, 3)


def test_test_images_are_scaled_as_training_images_are():
    dark = np.ones((2, 2, 3))  # alone these would count as unit floats, and become white
    data = Dataset.from_arrays(IMAGES.astype(float), LABELS, dark, [0, 1])
    assert data.test.images.max() == 1


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (IMAGES / 100 - 0.1, r"float64 and values from -0.1 to 0.13 with fractions; expected 0..1 in floats"),
        (IMAGES * 1.5, r"values from 0 to 34.5 with fractions"),
        (IMAGES.astype(int) * 100, r"int64 and values from 0 to 2300; expected"),
        (np.where(IMAGES == 3, np.nan, IMAGES), "NaN or infinity"),
        (IMAGES.astype(complex), "dtype complex128"),
        (IMAGES.astype(bool), "dtype bool"),
        (np.zeros((4, 3, 8, 8), np.uint8), r"np.moveaxis\(x, 1, -1\)"),
        (np.zeros((4, 8, 8, 4), np.uint8), "1 or 3 channels in the last place. Convert"),
        (np.zeros((4, 8), np.uint8), r"shape \(4, 8\); expected \(N, height, width\)"),
        (np.zeros((4, 0, 8), np.uint8), "holds no pixels"),
        (np.zeros((0, 8, 8), np.uint8), "holds no pixels"),
        ([np.zeros((2, 2)), np.zeros((3, 3))], "cannot be made into one array"),
        (np.array([None] * 4), "array of Python objects"),
    ],
)
def test_unclear_images_are_refused(images, message):
    with pytest.raises(DataError, match=message):
        Dataset.from_arrays(images, LABELS)


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ([[0], [1], [0], [1]], ("0", "1")),
        ([[1, 0], [0, 1], [1, 0], [0, 1]], ("0", "1")),
        (np.eye(3)[[0, 2, 0, 2]], ("0", "2")),
        ([3.0, 7.0, 3.0, 7.0], ("3", "7")),
        ([-1, 10, -1, 10], ("-1", "10")),
        (["cat", "dog", "cat", "dog"], ("cat", "dog")),
        (np.array([b"cat", b"dog", b"cat", b"dog"]), ("cat", "dog")),
        (np.array(["cat", "dog", "cat", "dog"], dtype=object), ("cat", "dog")),
        ([False, True, False, True], ("0", "1")),
    ],
)
def test_labels_are_numbered_in_sorted_order(labels, names):
    data = Dataset.from_arrays(IMAGES, labels)
    assert data.class_names == names
    assert data.train.labels.tolist() == LABELS


def test_string_labels_follow_the_order_of_class_names():
    data = Dataset.from_arrays(IMAGES, ["cat", "dog", "cat", "dog"], class_names=["dog", "cat"])
    assert data.class_names == ("dog", "cat")
    assert data.train.labels.tolist() == [1, 0, 1, 0]


@pytest.mark.parametrize(
    ("labels", "class_names", "message"),
    [
        ([0, 1, 0], None, r"shape \(3,\) but there are 4 images"),
        (1, None, r"shape \(\) but there are 4 images"),
        ([0, 0, 0, 0], None, "one class only"),
        ([0, 1, np.nan, 1], None, "NaN, infinity or fractions"),
        ([0, 1, 0.5, 1], None, "NaN, infinity or fractions"),
        (np.full((4, 2), 0.5), None, "rows are not one-hot"),
        (np.ones((4, 2)), None, "rows are not one-hot"),
        (np.zeros((4, 2, 2)), None, r"shape \(4, 2, 2\)"),
        ([0, 1, 0, 2], ["a", "b"], "unknown classes: '2'. Known: '0', '1'"),
        ([0, 1, 0, 1], ["a", "b", "c"], "no training image of 'c'"),
        ([0, 1, 0, 1], ["a", "a"], "holds a name twice"),
        (["a", "b", "a", "x"], ["a", "b"], "unknown classes: 'x'"),
        (np.array([0, 1, 0, 1j]), None, "dtype complex128"),
    ],
)
def test_unusable_labels_are_refused(labels, class_names, message):
    with pytest.raises(DataError, match=message):
        Dataset.from_arrays(IMAGES, labels, class_names=class_names)


@pytest.mark.parametrize(
    ("x_test", "y_test", "message"),
    [
        (IMAGES, None, "belong together"),
        (IMAGES, [0, 1, 0, 2], "test labels hold unknown classes: '2'"),
        (IMAGES, list("abab"), "use strings for both"),
        (IMAGES[:, :1], LABELS, "test images are 1x3 grey but training images are 2x3 grey"),
    ],
)
def test_a_test_part_that_does_not_fit_is_refused(x_test, y_test, message):
    with pytest.raises(DataError, match=message):
        Dataset.from_arrays(IMAGES, LABELS, x_test, y_test)


def test_grey_is_pillows_grey():
    rgb = np.random.default_rng(0).integers(0, 256, (3, 50, 40, 3), dtype=np.uint8)
    expected = np.stack([np.asarray(Image.fromarray(image).convert("L")) for image in rgb])
    np.testing.assert_array_equal(with_colour(rgb, 1)[..., 0], expected)


def test_rgb_from_grey_repeats():
    grey = IMAGES[..., None]
    assert with_colour(grey, 3).shape == (4, 2, 3, 3)
    assert (with_colour(grey, 3) == grey).all()
