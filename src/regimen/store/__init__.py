"""A study's directory: the only code that knows its layout."""

from regimen.store.run_folder import RunFolder
from regimen.store.study_store import RunRecord, StudyStore, holds_study

__all__ = ["RunFolder", "RunRecord", "StudyStore", "holds_study"]
