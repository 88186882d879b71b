"""The page of documentation of one remedy."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Card:
    """What one should know of a remedy before using it. Sentences are messages, so that they can be translated.

    Attributes:
        what: what it does, in two sentences.
        formula: what it computes, in lines of plain text.
        helps: when it is worth trying.
        hurts: when it is not, and what goes wrong then.
        strengths: usual values, and what they depend on.
        interactions: word of another remedy → what to know when both are used.
        keras: how to write it in plain Keras. ``x`` is a tensor within one's own model, ``model`` the whole model,
            ``images`` (uint8 or float, B × H × W × C) and ``labels`` (B,) a batch of training data.
        papers: author (year), title, where published; the one that introduced it first.
    """

    what: str
    formula: str
    helps: str
    hurts: str
    strengths: str
    keras: str
    papers: tuple[str, ...]
    interactions: Mapping[str, str] = field(default_factory=dict)
