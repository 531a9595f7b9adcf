"""Throw-away servers of the engines, on this machine only: for tests, CI and a first try."""
