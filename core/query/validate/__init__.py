"""Checks a definition against its dataset, so that what runs is what was asked; every refusal names its place."""

from core.query.field_rules import aggregations_for, operators_for
from core.query.validate.definition import validate_definition

__all__ = ["aggregations_for", "operators_for", "validate_definition"]
