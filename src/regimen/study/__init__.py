"""Studies: plan the missing runs, train them, read the answer."""

from regimen.study.result import StudyResult, load_result
from regimen.study.study import Study

__all__ = ["Study", "StudyResult", "load_result"]
