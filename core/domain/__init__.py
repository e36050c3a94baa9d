"""Frozen values that flow between the stages; no I/O, no clock, no database."""
