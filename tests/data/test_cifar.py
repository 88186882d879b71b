import gzip
import io
import tarfile

import numpy as np
import pytest

from regimen.data.cifar import load_cifar10, load_cifar100
from regimen.errors import DataError

LOADERS = {"cifar10": load_cifar10, "cifar100": load_cifar100}


@pytest.fixture(params=LOADERS)
def case(request, miniatures, tmp_path):
    """(loader, archive, what is in it)."""
    (content,) = miniatures[request.param].files.values()
    archive = tmp_path / "archive.tar.gz"
    archive.write_bytes(content)
    return LOADERS[request.param], archive, miniatures[request.param]


def repack(archive, change):
    """Writes the archive anew; `change` gets (name, content) and returns the content, or None to leave it out."""
    with tarfile.open(archive) as tar:
        members = {member.name: tar.extractfile(member).read() for member in tar}
    with tarfile.open(archive, "w:gz") as tar:
        for name, content in members.items():
            if (content := change(name, content)) is not None:
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))


def test_pixels_labels_and_names(case):
    load, archive, expected = case
    data = load(archive)
    np.testing.assert_array_equal(data.train.images, expected.images)
    np.testing.assert_array_equal(data.train.labels, expected.labels)
    np.testing.assert_array_equal(data.test.images, expected.test_images)
    np.testing.assert_array_equal(data.test.labels, expected.test_labels)
    assert data.class_names == expected.class_names
    assert data.train.images.flags.c_contiguous


@pytest.mark.parametrize("lost", [1, 3000])
def test_a_wrong_size_is_refused(case, lost):
    load, archive, _ = case
    repack(archive, lambda name, content: content[:-lost] if "/test" in name else content)
    with pytest.raises(DataError, match=r"/test.*\.bin has [\d,]+ bytes; expected a multiple of 3,07[34]"):
        load(archive)


def test_an_empty_member_is_refused(case):
    load, archive, _ = case
    repack(archive, lambda name, content: b"" if "/test" in name else content)
    with pytest.raises(DataError, match=r"\.bin has 0 bytes; expected a multiple"):
        load(archive)


def test_a_missing_member_is_named(case):
    load, archive, _ = case
    repack(archive, lambda name, content: None if "/test" in name else content)
    with pytest.raises(DataError, match=r"archive.tar.gz lacks cifar-.*/test.*\.bin"):
        load(archive)


def test_a_label_beyond_the_names_is_refused(case):
    load, archive, _ = case
    repack(archive, lambda name, content: bytes([200, 200]) + content[2:] if "/test" in name else content)
    with pytest.raises(DataError, match="test labels hold unknown classes: '200'"):
        load(archive)


@pytest.mark.parametrize("keep", [0, 5, 1000])
def test_a_truncated_archive_is_refused(case, keep):
    load, archive, _ = case
    archive.write_bytes(archive.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"archive\.tar\.gz cannot be read"):
        load(archive)


def test_what_is_no_archive_is_refused(case):
    load, archive, _ = case
    for content in (b"<html></html>", gzip.compress(b"hello")):
        archive.write_bytes(content)
        with pytest.raises(DataError, match=r"archive\.tar\.gz cannot be read"):
            load(archive)
