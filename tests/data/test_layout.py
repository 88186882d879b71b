import pytest

from regimen.data.layout import arrange
from regimen.errors import DataError


def parts(*names):
    return arrange("photos", list(names)).parts


FLAT = {"train": [("cat/1.jpg", 0), ("cat/2.JPG", 0), ("dog/1.png", 1)], "val": [], "test": []}


def test_class_folders():
    layout = arrange("photos", ["dog/1.png", "cat/2.JPG", "cat/1.jpg"])
    assert layout.parts == FLAT
    assert layout.class_names == ("cat", "dog")
    assert layout.notes == ()


@pytest.mark.parametrize("train", ["train", "Training", "training_set"])
@pytest.mark.parametrize("val", ["val", "valid", "VALIDATION"])
@pytest.mark.parametrize("test", ["test", "Testing", "test_set"])
@pytest.mark.parametrize("around", ["", "cifar/", "a/b/"])
def test_part_folders(train, val, test, around):
    names = [
        f"{around}{train}/cat/1.jpg",
        f"{around}{train}/dog/1.jpg",
        f"{around}{val}/dog/1.jpg",
        f"{around}{test}/cat/1.jpg",
    ]
    assert parts(*names) == {
        "train": [(names[0], 0), (names[1], 1)],
        "val": [(names[2], 1)],
        "test": [(names[3], 0)],
    }


def test_a_part_folder_may_be_doubled():
    names = [
        "training_set/training_set/cats/1.jpg",
        "training_set/training_set/dogs/1.jpg",
        "test_set/test_set/dogs/2.jpg",
    ]
    assert arrange("photos", names).class_names == ("cats", "dogs")
    assert parts(*names)["test"] == [(names[2], 1)]


def test_training_part_alone():
    assert len(parts("train/cat/1.jpg", "train/dog/1.jpg")["train"]) == 2


def test_below_a_class_folder_everything_belongs_to_the_class():
    assert parts("cat/1.jpg", "cat/old/2.jpg", "dog/a/b/c.jpg")["train"] == [
        ("cat/1.jpg", 0),
        ("cat/old/2.jpg", 0),
        ("dog/a/b/c.jpg", 1),
    ]


def test_junk_is_ignored_silently():
    junk = [
        "__MACOSX/photos/cat/._1.jpg",
        ".DS_Store",
        "photos/cat/Thumbs.db",
        "photos/.git/x.jpg",
        "photos/desktop.ini",
    ]
    layout = arrange("photos", ["photos/cat/1.jpg", "photos/dog/1.jpg", *junk])
    assert len(layout.parts["train"]) == 2
    assert layout.notes == ()


def test_other_files_are_counted():
    layout = arrange("photos", ["cat/1.jpg", "dog/1.jpg", "cat/a.txt", "b.TXT", "README"])
    assert layout.notes == ("Files other than images were ignored: 1 without suffix, 2 .txt.",)


def test_loose_images_are_noted():
    assert arrange("photos", ["cat/1.jpg", "dog/1.jpg", "sample.jpg"]).notes == (
        "1 image lies in no class folder and was left out: 'sample.jpg'.",
    )
    unlabelled = arrange("photos", ["train/cat/1.jpg", "train/dog/1.jpg", "test/1.jpg", "test/2.jpg"])
    assert unlabelled.parts["test"] == []
    assert "2 images lie in no class folder" in unlabelled.notes[0]


def test_a_class_may_be_called_like_a_part():
    layout = arrange("vehicles", ["train/1.jpg", "car/1.jpg", "test/2.jpg"])
    assert layout.class_names == ("car", "test", "train")


def test_folders_beside_train_and_test_are_left_out_with_a_note():
    layout = arrange("photos", ["train/a/1.jpg", "train/b/1.jpg", "test/a/1.jpg", "pred/1.jpg"])
    assert layout.class_names == ("a", "b")
    assert layout.notes == ("1 image lies outside train, val and test and was left out: 'pred/1.jpg'.",)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "photos: no images found; it is empty. Expected one folder per class"),
        (["a.txt", "cat/b.csv"], "no images found; its files are 1 .csv, 1 .txt"),
        (["1.jpg", "2.jpg"], r"lie in no class folder \(first: '1.jpg' and 1 more\)"),
        (["cat/1.jpg", "cat/2.jpg"], "one class only, 'cat'"),
        (["train/cat/1.jpg", "test/cat/1.jpg"], "one class only, 'cat'"),
        (
            ["train/a/1.jpg", "train/b/1.jpg", "test/c/1.jpg"],
            "the test part has classes that the training part lacks: 'c'",
        ),
        (
            ["train/a/1.jpg", "train/b/1.jpg", "val/c/1.jpg"],
            "the val part has classes that the training part lacks: 'c'",
        ),
        (["x/test/a/1.jpg", "x/val/b/1.jpg"], "it has 'test', 'val' but no train/ folder"),
        (["train/a/1.jpg", "train/b/1.jpg", "copy/a/1.jpg"], "beside the training part lie other folders.*'copy'"),
    ],
)
def test_unusable_layouts_are_refused(names, message):
    with pytest.raises(DataError, match=message):
        arrange("photos", names)
