"""Pure functions on arrays: what learning curves and paired runs say, and what they cannot."""

from regimen.analysis.arm_errors import ArmErrors, ErrorAnalysis
from regimen.analysis.comparison import Comparison, Verdict, compare
from regimen.analysis.diagnosis import Diagnosis, diagnose, gap
from regimen.analysis.dose import Dose, DoseResponse, Family, dose_response
from regimen.analysis.outcomes import HISTORY_METRICS, RunOutcome
from regimen.analysis.summary import ArmSummary, StudySummary, summarize

__all__ = [
    "HISTORY_METRICS",
    "ArmErrors",
    "ArmSummary",
    "Comparison",
    "Diagnosis",
    "Dose",
    "DoseResponse",
    "ErrorAnalysis",
    "Family",
    "RunOutcome",
    "StudySummary",
    "Verdict",
    "compare",
    "diagnose",
    "dose_response",
    "gap",
    "summarize",
]
