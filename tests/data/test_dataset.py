import json
import warnings
from dataclasses import replace

import numpy as np
import pytest

from regimen.data.dataset import Dataset, Part, open_mapped
from regimen.errors import DataError
from regimen.language import say

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (6, 4, 5, 3), dtype=np.uint8)
LABELS = [0, 1, 2, 0, 1, 2]


@pytest.fixture
def data() -> Dataset:
    return Dataset.from_arrays(IMAGES, LABELS, IMAGES[:3], [0, 1, 2], class_names="abc", name="letters")


def test_fingerprint_tells_every_part_apart(data):
    changed = IMAGES.copy()
    changed[-1, -1, -1, -1] ^= 1
    others = [
        Dataset.from_arrays(changed, LABELS, IMAGES[:3], [0, 1, 2]),
        Dataset.from_arrays(IMAGES, [*LABELS[:4], 2, 1], IMAGES[:3], [0, 1, 2]),
        Dataset.from_arrays(IMAGES, LABELS, IMAGES[1:4], [0, 1, 2]),
        Dataset.from_arrays(IMAGES, LABELS, IMAGES[:3], [0, 1, 1]),
        Dataset.from_arrays(IMAGES, LABELS),
        Dataset.from_arrays(IMAGES.reshape(6, 5, 4, 3), LABELS, IMAGES[:3].reshape(3, 5, 4, 3), [0, 1, 2]),
        Dataset.of_parts("four", data.train, data.test, tuple("abcd")),
    ]
    assert len({data.fingerprint, *(other.fingerprint for other in others)}) == 1 + len(others)


def test_fingerprint_ignores_names_and_memory_layout(data):
    turned = np.asfortranarray(IMAGES)
    same = Dataset.from_arrays(turned, [list("xyz")[i] for i in LABELS], IMAGES[:3], list("xyz"), name="other")
    assert same.fingerprint == data.fingerprint


def test_mapped_gives_the_same_dataset_back(data):
    given = replace(data, given_validation=np.array([1, 4]), notes=("a note: ü", say("{number} files", number=3)))
    opened = open_mapped(given.mapped())
    for part in ("train", "test"):
        np.testing.assert_array_equal(getattr(opened, part).images, getattr(data, part).images)
        np.testing.assert_array_equal(getattr(opened, part).labels, getattr(data, part).labels)
    assert (opened.name, opened.class_names, opened.fingerprint) == ("letters", tuple("abc"), data.fingerprint)
    assert opened.notes == ("a note: ü", "3 files")
    assert opened.notes[1].text == "{number} files"
    assert opened.given_validation.tolist() == [1, 4]
    assert isinstance(opened.train.images, np.memmap)
    assert opened.mapped() == given.mapped()


def test_datasets_that_differ_in_names_alone_do_not_share_a_folder(data):
    other = replace(data, class_names=tuple("xyz"))
    assert open_mapped(data.mapped()).class_names == tuple("abc")
    assert open_mapped(other.mapped()).class_names == tuple("xyz")
    marked = [replace(data, given_validation=np.array([i])) for i in (1, 2)]
    assert [open_mapped(d.mapped()).given_validation.tolist() for d in marked] == [[1], [2]]


def test_a_mapped_dataset_goes_to_torch_without_a_warning_and_writes_nothing_back(data):
    torch = pytest.importorskip("torch")
    folder = data.mapped()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        torch.from_numpy(open_mapped(folder).train.images).zero_()
    np.testing.assert_array_equal(open_mapped(folder).train.images, IMAGES)


def damage_by_truncating(folder):
    content = (folder / "train_images.npy").read_bytes()
    (folder / "train_images.npy").write_bytes(content[:-1])


def damage_by_mixing(folder):
    np.save(folder / "train_labels.npy", np.arange(3))


def damage_by_renumbering(folder):
    meta = json.loads((folder / "meta.json").read_text())
    (folder / "meta.json").write_text(json.dumps(meta | {"format": 999}))


DAMAGES = {
    "no meta": lambda folder: (folder / "meta.json").unlink(),
    "half a meta": lambda folder: (folder / "meta.json").write_text('{"format": 1, "na'),
    "another format": damage_by_renumbering,
    "no labels": lambda folder: (folder / "train_labels.npy").unlink(),
    "short images": damage_by_truncating,
    "labels of another": damage_by_mixing,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_entry_is_refused_by_open_and_repaired_by_mapped(data, damage):
    folder = data.mapped()
    damage(folder)
    with pytest.raises(DataError, match="does not hold a whole dataset"):
        open_mapped(folder)
    np.testing.assert_array_equal(open_mapped(data.mapped()).train.images, IMAGES)
    assert [entry.name for entry in folder.parent.iterdir()] == [folder.name]


def test_a_dataset_whose_folder_was_cleared_is_written_again(data):
    opened = open_mapped(data.mapped())
    for file in opened.mapped().iterdir():
        file.unlink()
    np.testing.assert_array_equal(open_mapped(opened.mapped()).train.images, IMAGES)


def test_fitted_to_what_is_there_is_the_same_object(data):
    assert data.fitted_to(None, None, None) is data
    assert data.fitted_to(4, 5, 3) is data


def test_arrays_change_colour(data):
    grey = data.fitted_to(4, None, 1)
    assert grey.train.images.shape == (6, 4, 5, 1)
    assert grey.test.images.shape == (3, 4, 5, 1)
    assert grey.fingerprint != data.fingerprint
    assert grey.class_names == data.class_names
    assert Dataset.from_arrays(IMAGES, LABELS).fitted_to(None, None, 1).test is None


def test_arrays_are_not_resized(data):
    with pytest.raises(DataError, match=r"letters: its images are 4x5 but 32x5 is needed.*--image-size.*\(4, 5, 3\)"):
        data.fitted_to(32, None, 3)


def test_two_channels_are_refused(data):
    with pytest.raises(DataError, match="2 channels are needed"):
        data.fitted_to(None, None, 2)


def test_it_shows_itself_in_one_line(data):
    assert repr(data) == "Dataset(letters: 6 training and 3 test images, 4x5 RGB, 3 classes)"


def test_a_part_is_not_compared_pixel_by_pixel():
    part = Part(IMAGES, np.array(LABELS))
    assert part == part
    assert part != Part(IMAGES, np.array(LABELS))
