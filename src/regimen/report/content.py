"""What the report of a study is made of."""

from dataclasses import dataclass

from regimen.analysis.summary import StudySummary
from regimen.report.details import StudyDetails


@dataclass(frozen=True, eq=False)
class Content:
    """Everything that a report shows.

    Attributes:
        summary: the findings.
        details: the circumstances.
    """

    summary: StudySummary
    details: StudyDetails
