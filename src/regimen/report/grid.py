"""Tables of words, in a terminal."""

from dataclasses import dataclass

from rich import box
from rich.table import Table

from regimen.report.writer import Writer

_NARROWEST_NAME = 8


@dataclass(frozen=True)
class Grid:
    """A table of words.

    Attributes:
        heads: of the columns; a line break where one helps.
        rows: their cells.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def print_grid(write: Writer, grid: Grid) -> None:
    """Prints a table; where the console is too narrow for it, a list."""
    others = sum(
        max(write.width(cell) for cell in column) + 2 for column in list(zip(grid.heads, *grid.rows, strict=True))[1:]
    )
    longest = max(write.width(cell) for cell in (grid.heads[0], *(row[0] for row in grid.rows)))
    room = write.console.width - others - 1
    if room < min(longest, _NARROWEST_NAME):
        for name, *cells in grid.rows:
            pairs = zip(grid.heads[1:], cells, strict=True)
            known = [f"{' '.join(write.words(head).split())} {write.words(cell)}" for head, cell in pairs]
            write.line(f"{write.words(name)}: {'; '.join(known)}")
        return
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="none")
    table.add_column(write.text(grid.heads[0]), width=min(longest, room), overflow="fold")
    for head in grid.heads[1:]:
        table.add_column(write.text(head), no_wrap=True)
    for row in grid.rows:
        table.add_row(*(write.text(cell) for cell in row))
    write.console.print(table)
