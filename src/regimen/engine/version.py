"""The engine's version."""

ENGINE_VERSION = 1
"""Part of every run's key. Changes only when numbers do."""
