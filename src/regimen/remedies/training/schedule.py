"""What the remedies that change the learning rate have in common."""

from dataclasses import replace

from regimen.errors import RemedyError
from regimen.plan import Plan, Schedule


def scheduled(plan: Plan, schedule: Schedule, word: str) -> Plan:
    """The plan with a schedule.

    Raises:
        RemedyError: it has one already; there is one learning rate.
    """
    if plan.schedule is not None:
        raise RemedyError(
            f"{word}: the learning rate already follows a schedule ({plan.schedule.kind}), and there is one learning "
            "rate. Name one of the two."
        )
    return replace(plan, schedule=schedule)


def require_time(word: str, plateau: int, stopping: int) -> None:
    """Refuses early stopping that leaves the plateau's lower learning rate no epoch.

    Args:
        word: of the remedy that comes second.
        plateau: patience until the learning rate falls, in epochs.
        stopping: patience until training stops, in epochs.

    Raises:
        RemedyError: training stops before the lower rate can show what it does.
    """
    if stopping <= plateau:
        raise RemedyError(
            f"{word}: training stops after {stopping} epochs without a lower loss, and the learning rate would already "
            f"wait for {plateau}: it never falls. Give earlystop the larger patience."
        )
