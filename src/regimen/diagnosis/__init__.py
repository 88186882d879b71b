"""Diagnosis of any training, for people: `diagnose`, and a Keras callback that measures while it trains."""

from regimen.diagnosis.diagnose import diagnose
from regimen.diagnosis.result import DiagnosisResult

__all__ = ["DiagnosisResult", "diagnose"]
