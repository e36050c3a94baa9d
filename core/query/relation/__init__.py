"""A dataset as something to select from: its origin, the steps that reshape it, its joins and its fields' columns."""

from core.query.relation.build import Relation, build_relation
from core.query.relation.check import check_dataset
from core.query.relation.columns import columns_after

__all__ = ["Relation", "build_relation", "check_dataset", "columns_after"]
