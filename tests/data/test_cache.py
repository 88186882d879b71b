import os
import threading

import pytest

from regimen.data.cache import SCRATCH, SCRATCH_SECONDS, cache_folder, cached
from regimen.errors import DataError


def read(folder):
    try:
        return (folder / "content").read_text()
    except OSError as error:
        raise DataError("absent") from error


def writer(text):
    return lambda folder: (folder / "content").write_text(text)


def entries(cache):
    return [entry.name for entry in (cache / "datasets").iterdir()]


def test_the_environment_moves_it(monkeypatch, tmp_path):
    monkeypatch.setenv("REGIMEN_CACHE", str(tmp_path / "here"))
    assert cache_folder() == tmp_path / "here"
    monkeypatch.delenv("REGIMEN_CACHE")
    assert cache_folder().name == "regimen"


def test_an_entry_is_filled_once(cache):
    assert cached("key", read, writer("first")) == "first"
    assert cached("key", read, writer("second")) == "first"
    assert entries(cache) == ["key"]


@pytest.mark.parametrize("error", [DataError("no"), KeyboardInterrupt("stop")])
def test_a_failed_fill_leaves_nothing(cache, error):
    def fail(folder):
        writer("half")(folder)
        raise error

    with pytest.raises(type(error), match=r"no|stop"):
        cached("key", read, fail)
    assert entries(cache) == []


def test_two_at_once_both_succeed(cache):
    both = threading.Barrier(2, timeout=10)
    results = []

    def work(text):
        def fill(folder):
            both.wait()  # neither is done when the other begins
            writer(text)(folder)

        results.append(cached("key", read, fill))

    threads = [threading.Thread(target=work, args=(text,)) for text in ("one", "two")]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(results) == 2
    assert len(set(results)) == 1
    assert entries(cache) == ["key"]


def test_old_scratch_folders_are_swept_and_fresh_ones_left(cache):
    for name, age_seconds in (("old", SCRATCH_SECONDS + 60), ("fresh", 0)):
        folder = cache / "datasets" / f"{SCRATCH}{name}"
        folder.mkdir(parents=True)
        (folder / "content").write_text("half")
        then = folder.stat().st_mtime - age_seconds
        os.utime(folder, (then, then))
    cached("key", read, writer("whole"))
    assert sorted(entries(cache)) == [f"{SCRATCH}fresh", "key"]


def test_an_unwritable_cache_names_the_variable(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("REGIMEN_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match=r"cannot be written.*REGIMEN_CACHE"):
        cached("key", read, writer("text"))


def test_a_full_disk_names_the_variable():
    def fill(folder):
        raise OSError(28, "No space left on device")

    with pytest.raises(DataError, match=r"No space left on device.*REGIMEN_CACHE"):
        cached("key", read, fill)
