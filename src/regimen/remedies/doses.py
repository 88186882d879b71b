"""One remedy at several strengths, as arms of a study."""

import inspect
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from regimen.errors import RemedyError, nearest
from regimen.remedies.remedy import Combination, Remedy


def doses(remedy: type[Remedy], **parameters: Any) -> dict[str, Remedy]:
    """One remedy at several strengths, to be used as the arms of a study or as some of them.

    Args:
        remedy: the class of the remedy.
        parameters: of the remedy. One of them is a list of different values, each of which makes an arm; the others
            are the same for all.

    Returns:
        Remedies by arm name; the name is the remedy as it is written on the command line.

    Raises:
        RemedyError: no remedy, an unknown parameter or a value out of range; no list of values or several, or a value
            twice.

    >>> from regimen.remedies.layers.dropout import Dropout
    >>> list(doses(Dropout, rate=[0.1, 0.3], where="head"))
    ['dropout=0.1,where=head', 'dropout=0.3,where=head']
    """
    if not inspect.isclass(remedy) or not issubclass(remedy, Remedy) or remedy in (Remedy, Combination):
        raise RemedyError(f"doses takes the class of one remedy, such as regimen.Dropout; received {remedy!r}.")
    known = [item.name for item in fields(remedy)]
    for name in parameters:
        if name not in known:
            raise RemedyError(f"{remedy.word} has no parameter {name!r}. {nearest(name, known)}")
    varied = [name for name, value in parameters.items() if _several(value)]
    if len(varied) != 1:
        example = f"doses({remedy.__name__}, {remedy.strength or known[0]}=[…])"
        raise RemedyError(
            f"{remedy.word}: exactly one parameter must be a list of values, as in {example}; received "
            f"{len(varied)} lists{': ' + ', '.join(varied) if varied else ''}."
        )
    (name,) = varied
    values = [value.item() if hasattr(value, "item") else value for value in parameters[name]]  # NumPy's numbers
    made = [remedy(**{**parameters, name: value}) for value in values]
    if len(set(made)) < len(made) or not made:
        raise RemedyError(f"{remedy.word}: {name} must be different values, at least one; received {values!r}.")
    return {str(one): one for one in made}


def _several(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str)
