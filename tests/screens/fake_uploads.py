"""Uploads in memory, with the signatures the screens call."""

from dataclasses import replace
from uuid import UUID, uuid4

import pyarrow as pa

from core.domain.dataset import Source
from core.domain.field import Field, FieldType
from core.domain.upload import ReadColumn, Reading, UploadOptions
from core.errors import InvalidInput, InvalidUpload

from . import fake_data

_T = FieldType


class FakeUploads:
    """Reads lines with commas between; says of every column that it is a text until somebody chooses otherwise."""

    max_bytes = 50_000_000

    def __init__(self, sources, datasets) -> None:
        self._sources, self._datasets = sources, datasets
        self.contents: dict[UUID, bytes] = {}
        self.done = []

    def read(self, principal, name, data, options=None):
        content = data.read()
        upload_id = uuid4()
        self.contents[upload_id] = content
        try:
            return self.preview(principal, upload_id, options)
        except InvalidUpload as error:
            error.upload_id = upload_id
            raise

    def preview(self, principal, upload_id, options=None):
        options = options or UploadOptions()
        delimiter = options.delimiter or ","
        if b"\0" in self.contents[upload_id]:
            raise InvalidUpload("The file is no CSV: it holds bytes that no text has.")
        head, *lines = (line.split(delimiter) for line in self.contents[upload_id].decode().split("\n") if line)
        if any(len(line) != len(head) for line in lines):
            raise InvalidUpload("A line has more cells than the first one; choose another delimiter.")
        choices = {choice.heading: choice for choice in options.columns}
        columns = tuple(
            ReadColumn(
                heading=heading,
                name=(choices[heading].name if heading in choices else None) or heading.lower(),
                type=(choices[heading].type if heading in choices else None) or _T.TEXT,
                note="Every cell holds letters",
                filled=len(lines),
            )
            for heading in head
            if not (heading in choices and choices[heading].is_left_out)
        )
        sample = pa.table({c.name: [line[head.index(c.heading)] for line in lines] for c in columns})
        return Reading(
            upload_id=upload_id,
            file_name="sales_2026.csv",
            format="CSV",
            columns=columns,
            headings=tuple(head),
            row_count=len(lines),
            sample=sample,
            options=replace(options, delimiter=delimiter, encoding="utf-8", has_header=True, skip_rows=0, decimal="."),
        )

    def keep(self, principal, upload_id, name, options=None):
        if not name.strip():
            raise InvalidInput("Give the file a name.", place="name")
        source = Source(id=uuid4(), organization_id=fake_data.ORGANIZATION, name=name, kind="file", connection={})
        fields = tuple(
            Field(name=c.name, label=c.name, type=c.type) for c in self.preview(principal, upload_id, options).columns
        )
        dataset = replace(fake_data.USAGE, id=uuid4(), source_id=source.id, label=name, fields=fields, time_field=None)
        self._sources.items[source.id] = source
        self._datasets.items[dataset.id] = dataset
        return source, dataset

    def replace(self, principal, source_id, upload_id, options=None):
        self.done.append(("replace", source_id, upload_id))
        return self._sources.items[source_id]

    def append(self, principal, source_id, upload_id, options=None):
        self.done.append(("append", source_id, upload_id))
        return self._sources.items[source_id]
