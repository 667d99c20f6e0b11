"""Exports whose figures are known."""
