"""The engine's version."""

ENGINE_VERSION = 3
"""Part of every run's key. Changes only when numbers do."""
