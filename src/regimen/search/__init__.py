"""Searches: which remedies help together, one step at a time, and a study that confirms what was found."""

from regimen.search.result import SearchResult
from regimen.search.search import Search

__all__ = ["Search", "SearchResult"]
