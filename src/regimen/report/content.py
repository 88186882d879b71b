"""What the report of a study is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from regimen.analysis.arm_errors import ErrorAnalysis
from regimen.analysis.dose import DoseResponse
from regimen.analysis.summary import StudySummary
from regimen.report.details import StudyDetails


@dataclass(frozen=True, eq=False)
class Content:
    """Everything that a report shows.

    Attributes:
        summary: the findings.
        details: the circumstances.
        doses: what the strengths of a remedy do, where there are several.
        errors: what the arms get wrong; None where no run finished.
        pictures: position in the validation part → uint8 (H, W, C), C 1 or 3, of images that the errors list.
    """

    summary: StudySummary
    details: StudyDetails
    doses: Sequence[DoseResponse] = ()
    errors: ErrorAnalysis | None = None
    pictures: Mapping[int, np.ndarray] = field(default_factory=dict)
