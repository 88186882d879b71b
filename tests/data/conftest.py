import gzip
import hashlib
import io
import struct
import tarfile
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from regimen.data.download import Release, RemoteFile
from regimen.data.releases import RELEASES


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch) -> Path:
    """An empty cache folder of this test's own."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("REGIMEN_CACHE", str(folder))
    return folder


@pytest.fixture
def write_images(tmp_path) -> Callable[..., Path]:
    """Writes one small picture per given name below a folder, each of its own colour; returns the folder."""

    def write(*names: str, size: tuple[int, int] = (8, 6), mode: str = "RGB", below: str = "photos") -> Path:
        folder = tmp_path / below
        for name in names:
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            seed = sum(name.encode())
            pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
            Image.fromarray(pixels).convert(mode).save(file)
        return folder

    return write


CLASSES = ("cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png")


@pytest.fixture
def photos(write_images) -> Path:
    """Two classes of two 8x6 pictures."""
    return write_images(*CLASSES)


class Server(ThreadingHTTPServer):
    """Serves files from memory on this machine, and fails as servers do.

    Attributes:
        files: path → content.
        troubles: path → what happens to the next requests, one word each: a status, "cut", "stall", "whole" (a range
            is not minded), or "moved" (to the same path below /moved).
        requests: (path, Range header or None) of every request so far.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.troubles: dict[str, list[str]] = defaultdict(list)
        self.requests: list[tuple[str, str | None]] = []
        self.over = threading.Event()

    @property
    def home(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        wanted = self.headers["Range"]
        self.server.requests.append((self.path, wanted))
        troubles = self.server.troubles[self.path]
        trouble = troubles.pop(0) if troubles else ""
        if trouble.isdigit() or self.path.removeprefix("/moved") not in self.server.files:
            self.send_error(int(trouble or 404))
            return
        if trouble == "moved":
            self.send_response(302)
            self.send_header("Location", "/moved" + self.path)
            self.end_headers()
            return
        content = self.server.files[self.path.removeprefix("/moved")]
        ranged = wanted is not None and trouble != "whole"
        content = content[int(wanted.removeprefix("bytes=").removesuffix("-")) :] if ranged else content
        self.send_response(206 if ranged else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if trouble in ("cut", "stall") else content)
        if trouble == "stall":
            self.server.over.wait(60)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch) -> Iterator[Server]:
    """A web server on this machine; nobody waits before asking it again."""
    monkeypatch.setattr("regimen.data.download.WAITS_SECONDS", (0, 0))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.over.set()
        server.shutdown()
        thread.join()


def _tar(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def _cifar(images: np.ndarray, *labels: np.ndarray) -> bytes:
    return b"".join(
        bytes([*marks]) + b"".join(image[:, :, colour].tobytes() for colour in range(3))
        for image, *marks in zip(images, *labels, strict=True)
    )


def _idx(array: np.ndarray) -> bytes:
    head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return gzip.compress(head + array.tobytes())


@dataclass
class Miniature:
    """A published dataset with few images: the same files in the same formats, and what is in them."""

    files: dict[str, bytes]
    images: np.ndarray
    labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    class_names: tuple[str, ...]


def _mini_cifar10(rng: np.random.Generator) -> Miniature:
    x, y = rng.integers(0, 256, (60, 32, 32, 3), np.uint8), np.tile(np.arange(10, dtype=np.uint8), 6)
    names = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
    parts = {f"data_batch_{n + 1}.bin": slice(10 * n, 10 * n + 10) for n in range(5)}
    parts["test_batch.bin"] = slice(50, 60)
    members = {"readme.html": b"<p>", "batches.meta.txt": "\n".join((*names, "", "")).encode()}
    members |= {name: _cifar(x[rows], y[rows]) for name, rows in parts.items()}
    archive = _tar({f"cifar-10-batches-bin/{name}": content for name, content in members.items()})
    return Miniature({"cifar-10-binary.tar.gz": archive}, x[:50], y[:50], x[50:], y[50:], names)


def _mini_cifar100(rng: np.random.Generator) -> Miniature:
    x, y = rng.integers(0, 256, (200, 32, 32, 3), np.uint8), np.arange(200, dtype=np.uint8)[::-1] % 100
    names = tuple(f"thing_{n:02}" for n in range(100))
    members = {"train.bin": _cifar(x[:100], y[:100] // 5, y[:100]), "test.bin": _cifar(x[100:], y[100:] // 5, y[100:])}
    members |= {"fine_label_names.txt": "\n".join(names).encode(), "coarse_label_names.txt": b"things\n"}
    archive = _tar({f"cifar-100-binary/{name}": content for name, content in members.items()})
    return Miniature({"cifar-100-binary.tar.gz": archive}, x[:100], y[:100], x[100:], y[100:], names)


def _mini_mnist(rng: np.random.Generator, names: tuple[str, ...]) -> Miniature:
    x, y = rng.integers(0, 256, (40, 28, 28), np.uint8), np.arange(40, dtype=np.uint8)[::-1] % 10
    arrays = {"train-images-idx3": x[:30], "train-labels-idx1": y[:30]}
    arrays |= {"t10k-images-idx3": x[30:], "t10k-labels-idx1": y[30:]}
    files = {f"{name}-ubyte.gz": _idx(array) for name, array in arrays.items()}
    return Miniature(files, x[:30, ..., None], y[:30], x[30:, ..., None], y[30:], names)


@pytest.fixture(scope="session")
def miniatures() -> dict[str, Miniature]:
    """One for each release."""
    rng = np.random.default_rng(0)
    garments = "T-shirt/top, Trouser, Pullover, Dress, Coat, Sandal, Shirt, Sneaker, Bag, Ankle boot"
    return {
        "cifar10": _mini_cifar10(rng),
        "cifar100": _mini_cifar100(rng),
        "mnist": _mini_mnist(rng, tuple("0123456789")),
        "fashion_mnist": _mini_mnist(rng, tuple(garments.split(", "))),
    }


@pytest.fixture
def published(server, miniatures, monkeypatch) -> Server:
    """The server holds miniatures of all releases, and these are taken for the published ones."""
    for name, miniature in miniatures.items():
        server.files |= {f"/{name}/{file}": content for file, content in miniature.files.items()}
        files = tuple(
            RemoteFile(file.name, len(content), hashlib.sha256(content).hexdigest())
            for file in RELEASES[name].files
            for content in [miniature.files[file.name]]
        )
        monkeypatch.setitem(RELEASES, name, Release((f"{server.home}{name}/",), files))
    return server
