"""Manifests: what a file is, so that it can be proved later that these bytes answered that question."""

import json
from datetime import UTC

from core.domain.artifact import GENERATOR, LimitHit, Manifest, PackedFile, Rendering, TotalLine
from core.domain.filter import ResolvedWindow
from core.domain.manifest_json import dump_manifest
from core.domain.result import ResultHead, Total

#: First key of a manifest file: what its other keys mean is told in docs/manifest.md.
SCHEMA = "broadsheet/manifest/1"


def build_manifest(
    head: ResultHead,
    rendering: Rendering,
    sha256: str,
    size: int,
    *,
    file_name: str = "",
    format: str = "",  # noqa: A002 - the domain's word
    lock: str | None = None,
    files: tuple[PackedFile, ...] = (),
) -> Manifest:
    """The manifest of a file of `size` bytes that was made from the result of `head`."""
    return Manifest(
        report_id=head.report_id,
        report_version=head.report_version,
        title=head.title,
        filters_in_words=head.filters_in_words,
        period=_period(head.period),
        logical_at=head.logical_at.astimezone(UTC),
        as_of=head.as_of.astimezone(UTC),
        rows_matched=head.rows_matched,
        rows_delivered=rendering.rows,
        row_limit=head.row_limit,
        altered=rendering.altered,
        notes=rendering.notes,
        definition_sha256=head.definition_sha256,
        generator=GENERATOR,
        sha256=sha256,
        size_bytes=size,
        totals=tuple(_total(total, head) for total in head.totals),
        file_name=file_name,
        format=format,
        sentence=head.sentence,
        organization=head.organization,
        timezone=head.timezone,
        is_at_least=head.is_at_least,
        is_snapshot=head.is_snapshot,
        limits_hit=_limits_hit(head, rendering.rows),
        lock=lock,
        files=files,
    )


def manifest_bytes(manifest: Manifest) -> bytes:
    """The manifest as a file for people and machines; equal manifests give equal bytes."""
    said = {"schema": SCHEMA, **dump_manifest(manifest)}
    text = json.dumps(said, ensure_ascii=False, indent=2)
    return text.encode("utf-8", "replace") + b"\n"


def _limits_hit(head: ResultHead, rows: int) -> tuple[LimitHit, ...]:
    if head.row_limit is None or rows < head.row_limit or head.rows_matched <= rows:
        return ()
    return (LimitHit(name="rows", limit=head.row_limit, left_out=head.rows_matched - rows),)


def _total(total: Total, head: ResultHead) -> TotalLine:
    values = {
        column.key: str(value)
        for column, value in zip(head.columns, total.values, strict=True)
        if value is not None and not column.is_hidden
    }
    return TotalLine(keys=tuple(None if key is None else str(key) for key in total.keys), values=values)


def _period(period: ResolvedWindow | None) -> str | None:
    """The days, both inside, as an ISO 8601 interval: "2026-11-16/2026-11-22"."""
    return f"{period.first_on.isoformat()}/{period.last_on.isoformat()}" if period else None
