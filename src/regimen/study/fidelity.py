"""How alike what Keras does is to what was done here."""

from collections.abc import Sequence

from regimen.language import listing, say


def fidelity(differences: Sequence[str]) -> str:
    """The end of a line's note: exactly, or nearly and why."""
    if not differences:
        return say("exactly what was done here")
    return say("nearly what was done here: {difference}", difference=listing(differences))
