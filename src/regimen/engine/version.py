"""The engine's version."""

ENGINE_VERSION = 2
"""Part of every run's key. Changes only when numbers do."""
