"""Transformation steps: what each kind does to the columns and to the rows; one file for each group of kinds."""

from core.query.relation.steps import column_steps, row_steps, shape_steps, table_steps, value_steps
from core.query.relation.steps.kinds import StepContext, applied, columns_of, reads_of

#: The kinds add themselves when their files are read.
GROUPS = (column_steps, row_steps, shape_steps, table_steps, value_steps)

__all__ = ["GROUPS", "StepContext", "applied", "columns_of", "reads_of"]
