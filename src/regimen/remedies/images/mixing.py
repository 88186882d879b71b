"""What the remedies that blend images and their labels have in common."""

from dataclasses import replace

from regimen.errors import RemedyError
from regimen.language import say
from regimen.plan import Mixing, Plan
from regimen.remedies.remedy import shown


def mixed(plan: Plan, mixing: Mixing, alternate: bool) -> Plan:
    """The plan with one more way of blending; the same plan where alpha or the probability is zero.

    Raises:
        RemedyError: images are blended already and ``alternate`` does not say that batches take turns, or it does and
            there is nothing to take turns with.
    """
    word, kinds = mixing.kind, [other.kind for other in plan.mixing]
    if word in kinds:
        raise RemedyError(f"{word}: the images are already blended by {word}. Name it once.")
    if kinds and not alternate:
        raise RemedyError(
            f"{word}: the images are already blended by {' and '.join(kinds)}; a blend of blends would show up to "
            f"four images, and a label here holds shares of two. With {word},alternate=true each batch draws one."
        )
    if alternate and not kinds:
        raise RemedyError(
            f"{word}: alternate=true lets each batch draw {word} or what blends images before it, and nothing does. "
            "Leave it out, or name this remedy after the other one."
        )
    if not mixing.alpha or not mixing.probability:
        return plan
    return replace(plan, mixing=(*plan.mixing, mixing))


def how_often(mixing: Mixing, alternate: bool) -> str:
    """Which batches are blended, for receipts."""
    share = shown(100 * mixing.probability)
    if alternate:
        return say("{percent} % of the batches that draw it instead of the other", percent=share)
    return say("{percent} % of the batches", percent=share)
