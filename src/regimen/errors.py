"""Every error that a user can cause.

RegimenError
├── DataError        images, labels, archives, folders, splits
├── ModelError       a model that cannot be read, represented or trained here
├── RemedyError      an unknown remedy, a value out of range, no place to apply
├── OptionError      a setting of a study that makes no sense
├── HistoryError     learning curves that cannot be read or judged
├── StoreError       a study directory that cannot be read, written or resumed
└── RunError         runs that failed while training; names arm, seed and epoch

A message says what is wrong, what was expected, what was received and what to do.
"""

import difflib
from collections.abc import Iterable


class RegimenError(Exception):
    """Base of every error that regimen raises on purpose; the command line exits with status 2 unless said."""


class DataError(RegimenError):
    """Images or labels that cannot be used."""


class ModelError(RegimenError):
    """A model that cannot be read, represented or trained here."""


class RemedyError(RegimenError):
    """A remedy that does not exist, is out of range, or has no place to apply."""


class OptionError(RegimenError):
    """A setting of a study that makes no sense."""


class HistoryError(RegimenError):
    """Learning curves that cannot be read or judged."""


class StoreError(RegimenError):
    """A study directory that cannot be read, written or resumed."""


class RunError(RegimenError):
    """Runs that failed while training; the command line exits with status 3."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Ends an error message: the nearest known name, or all of them.

    Args:
        word: what was received.
        known: the names that exist.

    Returns:
        ``"Did you mean 'x'?"`` when one name is close, else ``"Known: a, b, c."``

    >>> nearest("dropuot", ["dropout", "l2"])
    "Did you mean 'dropout'?"
    """
    known = sorted(known)
    close = difflib.get_close_matches(word, known, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(known)}."
