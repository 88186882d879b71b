"""What every chart has in common: its form, colours and symbols, and names that mean nothing to Plotly.

Requirements: every trace says which arm and which kind of line it is, so that the page can show and hide it; numbers
carry no more digits than a screen can show; names may hold anything and are never interpreted.
"""

import html
from collections.abc import Callable
from typing import Any

Chart = dict[str, Any]
"""``data`` (traces), ``layout`` and ``words``, a description for those who cannot see it."""

Words = Callable[[str], str]
"""Says a message in the reader's language."""

# Told apart on a light and on a dark ground; the baseline is grey, and every arm has a symbol of its own.
COLOURS = (
    *("#868d96", "#3b82c4", "#d9662c", "#2a9d6f", "#b3559a", "#a87f0c", "#5b6ee1", "#d1495b", "#2b8fa3"),
    *("#7a9b2e", "#9c6b4a"),
)
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star", "pentagon", "triangle-down", "hexagon")


def colour(index: int) -> str:
    """The colour of an arm; the baseline is arm 0."""
    return COLOURS[0] if index == 0 else COLOURS[1 + (index - 1) % (len(COLOURS) - 1)]


def symbol(index: int) -> str:
    """The marker of an arm."""
    return SYMBOLS[index % len(SYMBOLS)]


def plain(name: str) -> str:
    """A name as Plotly shows it to the letter: in its labels it reads a little HTML, and ``%{…}`` in what it hovers.

    >>> plain("<b>%{x}")
    '&lt;b&gt;&#37;{x}'
    """
    return html.escape(name, quote=False).replace("%{", "&#37;{")


def rounded(value: float | None, digits: int = 5) -> float | None:
    """A number with so many significant digits."""
    return None if value is None else float(f"{value:.{digits}g}")
