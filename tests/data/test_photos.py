"""Image files in folders and archives, from `load` to the cache."""

import os
import time
import zipfile
from multiprocessing import get_context

import numpy as np
import pytest
from PIL import Image

from regimen.data import photos as module
from regimen.data.dataset import open_mapped
from regimen.data.decode import decode
from regimen.data.load import load
from regimen.errors import DataError


@pytest.fixture
def no_decoding(monkeypatch):
    """Call it to make every further decoding fail."""

    def forbid():
        def fail(*_):
            raise AssertionError("decoded again")

        monkeypatch.setattr(module, "decode", fail)
        monkeypatch.setattr(module, "probe", fail)

    return forbid


def packed(folder, file, **options):
    with zipfile.ZipFile(file, "w", **options) as archive:
        for image in sorted(folder.rglob("*")):
            archive.write(image, f"wrapped/{image.relative_to(folder).as_posix()}")
    return file


def test_pixels_labels_and_names(photos):
    data = load(photos)
    assert repr(data) == "Dataset(photos: 4 training and no test images, 6x8 RGB, 2 classes)"
    assert data.class_names == ("cat", "dog")
    assert data.train.labels.tolist() == [0, 0, 1, 1]
    for image, name in zip(data.train.images, ("cat/1", "cat/2", "dog/1", "dog/2"), strict=True):
        np.testing.assert_array_equal(image, np.asarray(Image.open(photos / f"{name}.png")))
    assert data.notes == ()
    assert data.given_validation is None


def test_more_files_than_one_task_keep_their_order(write_images):
    names = [f"{c}/{i:03}.png" for c in ("a", "b") for i in range(40)]
    folder = write_images(*names, size=(32, 24))
    data = load(folder)
    expected = np.stack([np.asarray(Image.open(folder / name)) for name in names])
    np.testing.assert_array_equal(data.train.images, expected)


def test_validation_part_follows_the_training_part(write_images):
    folder = write_images(
        "train/a/1.png", "train/b/1.png", "train/b/2.png", "val/a/9.png", "val/b/9.png", "test/b/5.png"
    )
    data = load(folder)
    assert data.given_validation.tolist() == [3, 4]
    assert data.train.labels.tolist() == [0, 1, 1, 0, 1]
    assert data.test.labels.tolist() == [1]
    np.testing.assert_array_equal(data.train.images[4], np.asarray(Image.open(folder / "val/b/9.png")))
    np.testing.assert_array_equal(data.test.images[0], np.asarray(Image.open(folder / "test/b/5.png")))


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_gives_what_its_folder_gives(photos, tmp_path, compression):
    archive = packed(photos, tmp_path / "photos.zip", compression=compression)
    before = sorted(tmp_path.rglob("*"))
    assert load(archive).fingerprint == load(photos).fingerprint
    assert sorted(tmp_path.rglob("*")) == before


def test_an_archive_with_backslashes(photos, tmp_path):
    with zipfile.ZipFile(tmp_path / "windows.zip", "w") as archive:
        for image in photos.rglob("*.png"):
            archive.write(image, f"{image.parent.name}\\{image.name}")
    assert load(tmp_path / "windows.zip").fingerprint == load(photos).fingerprint


def test_a_second_load_decodes_nothing(photos, tmp_path, no_decoding):
    archive = packed(photos, tmp_path / "photos.zip")
    first = [load(photos), load(archive), load(photos, image_size=4)]
    no_decoding()
    second = [load(photos), load(archive), load(photos, image_size=(4, 4))]
    assert [d.fingerprint for d in first] == [d.fingerprint for d in second]
    os.utime(archive, (1, 1))  # an archive is known by its content
    load(archive)


def test_an_archive_with_other_pixels_in_files_of_the_same_size_is_decoded_again(write_images, tmp_path):
    folder = write_images("cat/1.bmp", "dog/1.bmp")
    first = load(packed(folder, tmp_path / "photos.zip")).fingerprint
    image = Image.open(folder / "cat/1.bmp")
    image.putpixel((0, 0), (1, 2, 3))
    image.save(folder / "cat/1.bmp")
    assert load(packed(folder, tmp_path / "photos.zip")).fingerprint != first


def test_mapped_is_the_cached_entry_itself(photos, cache):
    data = load(photos)
    assert data.mapped().parent == cache / "datasets"
    assert len(list((cache / "datasets").iterdir())) == 1
    np.testing.assert_array_equal(open_mapped(data.mapped()).train.images, data.train.images)


def change_a_pixel_under_the_old_time(photos):
    file = photos / "cat/1.png"
    before = file.stat()
    image = Image.open(file)
    image.putpixel((0, 0), (1, 2, 3))
    image.save(file)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


CHANGES = {
    "another file": lambda photos: (photos / "cat/3.png").write_bytes((photos / "cat/1.png").read_bytes()),
    "a file less": lambda photos: (photos / "cat/1.png").unlink(),
    "another class": lambda photos: (photos / "cat/1.png").rename(photos / "dog/3.png"),
    "other pixels": change_a_pixel_under_the_old_time,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_folder_is_decoded_again(photos, change):
    first = load(photos).fingerprint
    change(photos)
    assert load(photos).fingerprint != first


def test_a_damaged_entry_is_rebuilt_silently(photos):
    data = load(photos)
    (data.mapped() / "meta.json").write_text("{")
    assert load(photos).fingerprint == data.fingerprint


def test_a_killed_load_leaves_no_half_entry(photos, cache):
    def stop(done, total, what):
        if done:
            raise KeyboardInterrupt("stop")

    with pytest.raises(KeyboardInterrupt, match="stop"):
        load(photos, progress=stop)
    assert list((cache / "datasets").iterdir()) == []
    assert len(load(photos).train.labels) == 4


def test_a_stopped_load_does_not_decode_the_rest_first(write_images, monkeypatch):
    folder = write_images(*(f"{c}/{i}.png" for c in "ab" for i in range(20)))
    decoded = []

    def slow_decode(*_):
        time.sleep(0.01)
        decoded.append(1)
        return 0

    def stop(done, total, what):
        if done:
            raise KeyboardInterrupt("stop")

    monkeypatch.setattr(module, "BATCH", 1)
    monkeypatch.setattr(module, "decode", slow_decode)
    with pytest.raises(KeyboardInterrupt, match="stop"):
        load(folder, progress=stop)
    assert len(decoded) < 40


def fingerprint_of(path):
    return load(path).fingerprint


def test_two_processes_loading_at_once_both_succeed(photos):
    with get_context("spawn").Pool(2) as pool:
        results = pool.map(fingerprint_of, [photos] * 4, chunksize=1)
    assert set(results) == {load(photos).fingerprint}


def test_progress_counts_up_to_all_images(photos):
    calls = []
    load(photos, progress=lambda *call: calls.append(call))
    assert calls[0] == (0, 4, "Decoding images")
    assert calls[-1] == (4, 4, "Decoding images")
    assert calls == sorted(calls)


def test_unreadable_images_are_left_out_and_named(photos):
    (photos / "cat/0.jpg").write_text("hello")
    (photos / "cat/9.png").write_bytes(b"")
    content = (photos / "dog/1.png").read_bytes()
    (photos / "dog/0.png").write_bytes(content[: len(content) // 2])
    (photos / "dog/broken-link.png").symlink_to("nowhere.png")
    intact = {
        name: np.asarray(Image.open(photos / name)) for name in ("cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png")
    }
    data = load(photos)
    assert data.train.labels.tolist() == [0, 0, 1, 1]
    np.testing.assert_array_equal(data.train.images, list(intact.values()))
    assert len(data.notes) == 1
    assert data.notes[0].startswith("4 of 8 images could not be read and were left out: cat/0.jpg (not an image), ")
    assert "cat/9.png (empty file)" in data.notes[0]
    assert data.notes[0].endswith(" and 1 more.")
    assert load(photos).notes == data.notes
    assert load(photos).notes[0].values == data.notes[0].values  # from the cache it is still a message
    np.testing.assert_array_equal(open_mapped(data.mapped()).train.images, data.train.images)


def test_validation_marks_move_with_the_images_left_out(write_images):
    folder = write_images("train/a/1.png", "train/b/1.png", "val/a/1.png", "val/b/1.png")
    (folder / "train/a/0.png").write_text("hello")
    (folder / "val/a/0.png").write_text("hello")
    assert load(folder).given_validation.tolist() == [2, 3]


def test_a_decompression_bomb_is_left_out(photos, monkeypatch):
    Image.new("1", (200, 200)).save(photos / "cat/bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
    data = load(photos)
    assert "cat/bomb.png (far too many pixels)" in data.notes[0]
    assert data.train.images.shape == (4, 6, 8, 3)


def test_a_class_without_a_readable_image_is_an_error(photos, cache):
    for name in ("1", "2"):
        (photos / f"dog/{name}.png").write_text("hello")
    with pytest.raises(
        DataError, match=r"none of the 2 images of class 'dog' could be read: dog/1.png \(not an image\)"
    ):
        load(photos)
    assert list((cache / "datasets").iterdir()) == []


def test_a_test_part_without_a_readable_image_is_left_out(write_images):
    folder = write_images("train/a/1.png", "train/b/1.png", "test/a/1.png")
    (folder / "test/a/1.png").write_text("hello")
    data = load(folder)
    assert data.test is None
    assert "1 of 3 images" in data.notes[0]
    assert open_mapped(data.mapped()).test is None


def test_images_of_different_sizes_become_64(photos, write_images):
    write_images("cat/large.png", size=(100, 80))
    data = load(photos)
    assert data.train.images.shape == (5, 64, 64, 3)
    assert data.notes == ("Images of 6x8 to 80x100 pixels were brought to 64x64 (--image-size changes that).",)
    with open(photos / "cat/large.png", "rb") as file:
        np.testing.assert_array_equal(data.train.images[2], decode(file, 64, 64, 3))


def test_a_common_size_of_a_camera_is_not_taken(write_images):
    data = load(write_images("a/1.png", "b/1.png", size=(300, 200)))
    assert data.train.images.shape == (2, 64, 64, 3)
    assert "200x300 pixels were brought to 64x64" in data.notes[0]


@pytest.mark.parametrize(("image_size", "expected"), [(5, (5, 5)), ((4, 9), (4, 9)), ((np.int64(4), 9), (4, 9))])
def test_image_size(photos, image_size, expected):
    assert load(photos, image_size=image_size).train.images.shape[1:3] == expected


def test_channels_are_grey_only_if_all_images_are(write_images):
    folder = write_images("a/1.png", "b/1.png", mode="L")
    assert load(folder).train.images.shape[-1] == 1
    assert load(folder, channels=3).train.images.shape[-1] == 3
    write_images("b/2.png")
    assert load(folder).train.images.shape[-1] == 3
    assert load(folder, channels=1).train.images.shape[-1] == 1


def test_fitted_to_decodes_the_originals_again(photos, no_decoding):
    small = load(photos, image_size=2)
    fitted = small.fitted_to(6, 8, 3)
    assert fitted.fingerprint == load(photos).fingerprint
    assert small.fitted_to(None, None, 1).train.images.shape == (4, 2, 2, 1)
    no_decoding()
    assert small.fitted_to(6, 8, 3).fingerprint == fitted.fingerprint
    assert fitted.fitted_to(2, 2, 1).train.images.shape == (4, 2, 2, 1)


def test_links_to_folders_are_followed_and_circles_are_not(photos, tmp_path):
    linked = tmp_path / "linked"
    linked.mkdir()
    for name in ("cat", "dog"):
        (linked / name).symlink_to(photos / name)
    (photos / "cat/circle").symlink_to(linked)
    assert len(load(linked).train.labels) == 4


def test_what_pillow_finds_odd_does_not_warn(photos, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 40)  # with 48 it warns, from 80 it refuses
    assert load(photos).notes == ()


def flag_as_encrypted(file):
    content = bytearray(file.read_bytes())
    for start, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = content.find(start)
        while at >= 0:
            content[at + offset] |= 1
            at = content.find(start, at + 4)
    file.write_bytes(content)


def test_an_encrypted_archive_is_refused(photos, tmp_path):
    archive = packed(photos, tmp_path / "secret.zip")
    flag_as_encrypted(archive)
    with pytest.raises(DataError, match=r"secret.zip is encrypted. Pack the images again without a password"):
        load(archive)


def test_what_is_no_archive_is_refused(tmp_path):
    (tmp_path / "photos.zip").write_text("hello")
    with pytest.raises(DataError, match="not a readable zip archive"):
        load(tmp_path / "photos.zip")


def test_a_damaged_member_is_left_out(photos, tmp_path):
    archive = packed(photos, tmp_path / "photos.zip")
    content = bytearray(archive.read_bytes())
    content[content.find(b"IDAT") + 10] ^= 255  # the first picture no longer fits its checksum
    archive.write_bytes(content)
    data = load(archive)
    assert len(data.train.labels) == 3
    assert "wrapped/cat/1.png (Bad CRC-32" in data.notes[0]
