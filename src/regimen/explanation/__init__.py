"""What a remedy is, and what it changes in a model."""

from regimen.explanation.explain import explain
from regimen.explanation.result import Explanation

__all__ = ["Explanation", "explain"]
