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
