"""How much memory a process and its descendants hold, from /proc; None on systems without it.

Pages that several processes share, such as a memory-mapped dataset or a library, are divided among them (proportional
set size), so that the sum counts each page once.
"""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass
class Peak:
    """The largest values of several looks at a tree of processes.

    Attributes:
        total: bytes, of all processes together; None before the first look and where /proc tells nothing.
        below: bytes of the largest process below the roots that belong to no file: what it holds beyond the shared
            dataset and the libraries.
    """

    total: int | None = None
    below: int | None = None

    def look(self, roots: Iterable[int]) -> None:
        """Takes what is held now into account.

        Args:
            roots: process ids.
        """
        roots = list(roots)
        held = {pid: found for root in roots for pid in tree(root) if (found := rollup(pid))}
        below = [found["Anonymous"] for pid, found in held.items() if pid not in roots]
        if held:
            self.total = max(self.total or 0, sum(found["Pss"] for found in held.values()))
        if below:
            self.below = max(self.below or 0, *below)


def tree(root: int) -> Iterator[int]:
    """A process and its descendants."""
    yield root
    for listing in PROC.glob(f"{root}/task/*/children"):
        with contextlib.suppress(OSError):
            for child in listing.read_text().split():
                yield from tree(int(child))


def rollup(pid: int) -> dict[str, int]:
    """Bytes by name, as the kernel sums them up over all mappings; empty if the process is gone or not to be read."""
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return {}
    return {name: 1024 * int(value.split()[0]) for name, value in (line.split(":") for line in lines)}
