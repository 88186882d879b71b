"""Downloads from servers that work, fail, fall silent or lie."""

import hashlib
import signal
import socket
import time
from multiprocessing import get_context

import numpy as np
import pytest

from regimen.data.download import PIECE_BYTES, WAITS_SECONDS, Release, RemoteFile, download, downloads_folder
from regimen.errors import DataError

CONTENT = np.random.default_rng(0).bytes(4 * PIECE_BYTES)  # what breaks off within a piece loses that piece
FILE = RemoteFile("things.bin", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
HALF = len(CONTENT) // 2


@pytest.fixture
def release(server):
    """One file, at two addresses."""
    server.files = {"/first/things.bin": CONTENT, "/second/things.bin": CONTENT}
    return Release((f"{server.home}first/", f"{server.home}second/"), (FILE,))


def only(release, number=0):
    return Release((release.homes[number],), release.files)


def assert_whole(folder):
    assert (folder / "things.bin").read_bytes() == CONTENT
    assert {path.name for path in folder.iterdir()} <= {"things.bin", ".lock"}


def assert_not_there():
    assert not (downloads_folder("things") / "things.bin").exists()


def test_a_file_is_downloaded_once(release, server):
    for _ in range(2):
        assert_whole(download("things", release))
    assert server.requests == [("/first/things.bin", None)]


def test_progress_counts_the_bytes_of_all_files(release, server):
    more = RemoteFile("more.bin", 3, hashlib.sha256(b"abc").hexdigest())
    server.files["/first/more.bin"] = b"abc"
    calls = []
    download("things", Release(release.homes, (FILE, more)), lambda *call: calls.append(call))
    done, totals, what = zip(*calls, strict=True)
    assert list(done) == sorted(done)
    assert done[0] < len(CONTENT) in done
    assert done[-1] == len(CONTENT) + 3
    assert set(totals) == {len(CONTENT) + 3}
    assert set(what) == {"Downloading things (0 MB)"}


def test_a_broken_transfer_is_continued(release, server):
    server.troubles["/first/things.bin"] = ["cut"]
    assert_whole(download("things", only(release)))
    assert server.requests == [("/first/things.bin", None), ("/first/things.bin", f"bytes={HALF}-")]


def test_a_broken_transfer_is_continued_elsewhere(release, server):
    server.troubles["/first/things.bin"] = ["cut"]
    assert_whole(download("things", release))
    assert server.requests[1:] == [("/second/things.bin", f"bytes={HALF}-")]


def test_a_transfer_is_continued_where_the_file_has_moved_to(release, server):
    server.troubles["/first/things.bin"] = ["cut", "moved"]
    assert_whole(download("things", only(release)))
    assert server.requests[-1] == ("/moved/first/things.bin", f"bytes={HALF}-")


def test_a_server_that_minds_no_range_sends_it_all_again(release, server):
    server.troubles["/first/things.bin"] = ["cut", "whole"]
    assert_whole(download("things", only(release)))
    assert len(server.requests) == 2


def test_what_breaks_off_every_time_is_refused_and_kept(release, server):
    server.troubles["/first/things.bin"] = ["cut"] * 3
    with pytest.raises(DataError, match=r"first/things.bin: the transfer broke off after 196,608 bytes.*is kept"):
        download("things", only(release))
    assert_not_there()
    assert_whole(download("things", only(release)))
    assert server.requests[-1] == ("/first/things.bin", "bytes=196608-")


def test_a_part_that_belongs_to_something_else_is_thrown_away(release, server):
    folder = downloads_folder("things")
    folder.mkdir(parents=True)
    for wrong in (b"x" * HALF, b"x" * len(CONTENT), b"x" * (len(CONTENT) + 1)):
        (folder / "things.bin.part").write_bytes(wrong)
        assert_whole(download("things", only(release)))
        (folder / "things.bin").unlink()


def test_other_content_is_refused(release, server):
    server.files["/first/things.bin"] = b"x" + CONTENT[1:]
    with pytest.raises(DataError, match=r"first/things.bin: what came is not the published file \(262,144 bytes"):
        download("things", only(release))
    assert len(server.requests) == 3
    assert list(downloads_folder("things").glob("things*")) == []


def test_a_page_in_place_of_the_file_is_refused(release, server):
    server.files["/first/things.bin"] = b"<html>Please sign in</html>"
    with pytest.raises(DataError, match=r"not the published file \(27 bytes, expected 262,144 with SHA-256"):
        download("things", only(release))
    assert list(downloads_folder("things").glob("things*")) == []


@pytest.mark.parametrize("content", [b"other", b"x" + CONTENT[1:]])
def test_other_content_sends_to_the_next_address(release, server, content):
    server.files["/first/things.bin"] = content
    assert_whole(download("things", release))


def test_a_stall_is_an_error(release, server, monkeypatch):
    monkeypatch.setattr("regimen.data.download.TIMEOUTS_SECONDS", (5, 0.1))
    server.troubles["/first/things.bin"] = ["stall"] * 3
    with pytest.raises(DataError, match=r"first/things.bin: no answer, or nothing more, for so long \(5 s to connect"):
        download("things", only(release))
    assert_not_there()


def test_a_stall_sends_to_the_next_address(release, server, monkeypatch):
    monkeypatch.setattr("regimen.data.download.TIMEOUTS_SECONDS", (5, 0.5))
    server.troubles["/first/things.bin"] = ["stall"]
    assert_whole(download("things", release))


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_server_that_says_no_is_not_asked_again(release, server, status):
    server.troubles["/first/things.bin"] = [str(status)]
    with pytest.raises(DataError, match=rf"first/things.bin: the server answers {status} \w+"):
        download("things", only(release))
    assert len(server.requests) == 1
    assert_not_there()
    server.troubles["/first/things.bin"] = [str(status)]
    assert_whole(download("things", release))


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_in_trouble_is_asked_again(release, server, status):
    server.troubles["/first/things.bin"] = [str(status)] * 2
    assert_whole(download("things", only(release)))
    assert len(server.requests) == 3


def test_waiting_grows(release, server, monkeypatch):
    monkeypatch.setattr("regimen.data.download.WAITS_SECONDS", WAITS_SECONDS)
    waited = []
    monkeypatch.setattr(time, "sleep", waited.append)
    server.troubles["/first/things.bin"] = ["500"] * 3
    with pytest.raises(DataError, match="answers 500"):
        download("things", only(release))
    assert waited[0] == 0
    assert 0 < waited[1] < waited[2]


def test_no_network(server, cache):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    release = Release((f"http://127.0.0.1:{port}/",), (FILE,))
    with pytest.raises(DataError, match=rf"things: things.bin .*:{port}/things.bin: no connection") as caught:
        download("things", release)
    for advice in (f"put it into {cache / 'downloads' / 'things'}", "regimen study DIR", 'data = "DIR"'):
        assert advice in str(caught.value)


def test_every_address_is_named(release, server):
    server.troubles = {"/first/things.bin": ["404"], "/second/things.bin": ["500"] * 3}
    with pytest.raises(DataError, match=r"first/things.bin: .* 404 .*; .*second/things.bin: .* 500 "):
        download("things", release)


def test_a_file_put_there_by_hand_is_taken(release, server):
    folder = downloads_folder("things")
    folder.mkdir(parents=True)
    (folder / "things.bin").write_bytes(CONTENT)
    assert_whole(download("things", release))
    assert server.requests == []


def test_a_wrong_file_put_there_by_hand_is_replaced_or_named(release, server):
    file = downloads_folder("things") / "things.bin"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"x" + CONTENT[1:])
    server.troubles["/first/things.bin"] = ["404"]
    with pytest.raises(DataError, match=r"things.bin: it is there, but not as it was published; .*404"):
        download("things", only(release))
    assert_whole(download("things", only(release)))


def test_an_interrupted_download_leaves_nothing_whole_and_goes_on(release, server):
    def stop(done, total, what):
        raise KeyboardInterrupt("stop")

    with pytest.raises(KeyboardInterrupt, match="stop"):
        download("things", only(release), stop)
    assert_not_there()
    assert_whole(download("things", only(release)))
    assert server.requests[-1] == ("/first/things.bin", "bytes=65536-")


def test_a_killed_download_leaves_nothing_whole_and_goes_on(release, server):
    server.troubles["/first/things.bin"] = ["stall"]
    process = get_context("spawn").Process(target=download, args=("things", only(release)))
    process.start()
    part = downloads_folder("things") / "things.bin.part"
    while not (part.exists() and part.stat().st_size):
        assert process.is_alive()
        time.sleep(0.01)
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert_not_there()
    arrived = part.stat().st_size
    assert_whole(download("things", only(release)))
    assert server.requests[-1] == ("/first/things.bin", f"bytes={arrived}-")


def test_two_processes_at_once_download_once(release, server):
    with get_context("spawn").Pool(2) as pool:
        folders = pool.starmap(download, [("things", release)] * 4, chunksize=1)
    assert len(set(folders)) == 1
    assert_whole(folders[0])
    assert len(server.requests) == 1
