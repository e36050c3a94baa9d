"""The order of a PostgreSQL table's rows: by their places in it, and when a plain scan hands them out so."""

from typing import Any

from core.catalog.sources.connector import CompiledQuery
from core.domain.relation import TableOrigin

#: Where a row lies. Hidden, unique within one table in one state, and no column of a person's can be called so.
ROW_PLACE = "ctid"
#: What scatters one table over several, or keeps rows elsewhere than in pages, has no such order. Who may read some
#: columns only may not read this one either.
_HAS_PLACES = """
SELECT 1 FROM pg_catalog.pg_class AS tables JOIN pg_catalog.pg_am AS methods ON methods.oid = tables.relam
WHERE tables.oid = pg_catalog.to_regclass(pg_catalog.format(%s, %s, %s)) AND tables.relkind = 'r'
    AND methods.amname = 'heap' AND NOT tables.relhassubclass
    AND pg_catalog.has_table_privilege(tables.oid, 'SELECT')
    AND pg_catalog.version() !~ 'Greenplum|YB|Redshift|Cockroach|Materialize'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname IN ('citus', 'columnar'))
"""
#: What may stand above a scan without changing its order.
_KEEPERS = frozenset({"Limit", "Result", "Subquery Scan"})


def has_places(table: TableOrigin) -> CompiledQuery:
    """A query that gives a row where `ROW_PLACE` numbers the rows of the table."""
    names = ("%I.%I", table.schema_name, table.table_name) if table.schema_name else ("%2$I", "", table.table_name)
    return CompiledQuery(sql=_HAS_PLACES, parameters=names)


def is_plain_scan(plan: Any) -> bool:
    """Whether a plan, as EXPLAIN (FORMAT JSON) has it, reads one table from its first page to its last.

    Scans that join others on their way begin anywhere: `synchronize_seqscans` has to be off.
    """
    node = plan[0]["Plan"]
    while node["Node Type"] in _KEEPERS and len(node.get("Plans", ())) == 1:
        node = node["Plans"][0]
    return node["Node Type"] == "Seq Scan" and not node.get("Parallel Aware") and not node.get("Plans")
