"""Takes a result apart in one pass: each row goes to every part that asks for its values, in the order it came in.

The rows lie in files of many parts each, so that neither a part nor their number has to fit into memory: a file is kept
in memory while its parts are read one after another, unless it is large, and then only the batches of a part are.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from core.domain.bursting import Combination, SplitValue
from core.domain.result import Result
from core.errors import ArtifactError

#: What one file of parts should hold, and how many files there are at most.
_FILE_BYTES = 16 << 20
_MOST_FILES = 200
#: Larger files are not kept in memory.
_KEPT_BYTES = 64 << 20
_PART = "broadsheet part"

_Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A result taken apart: how many rows each part has, and where up to `limit` of each lie."""

    rows_matched: tuple[int, ...]  #: by the place of the part
    files: int
    rows_read: int


class Keys:
    """Which parts want a row, by the values of its splitting columns."""

    def __init__(self, combinations: Sequence[Combination], fields: int) -> None:
        wanted: dict[tuple[SplitValue, ...], list[int]] = {}
        for place, combination in enumerate(combinations):
            for values in combination.values:
                wanted.setdefault(values, []).append(place)
        self._codes: list[dict[SplitValue, int]] = [{} for _ in range(fields)]
        for values in wanted:
            for codes, value in zip(self._codes, values, strict=True):
                codes.setdefault(value, len(codes))
        by_code = {self._code(values): parts for values, parts in wanted.items()}
        ordered = sorted(by_code)
        self._known = np.array(ordered, dtype=np.int64)
        self._counts = np.array([len(by_code[code]) for code in ordered], dtype=np.int64)
        self._starts = np.concatenate([[0], np.cumsum(self._counts)[:-1]]).astype(np.int64) if ordered else self._known
        self._parts = np.array([part for code in ordered for part in by_code[code]], dtype=np.int64)

    def parts_of(self, columns: Sequence[pa.Array]) -> tuple[_Ints, _Ints]:
        """Return places of rows and of parts, side by side: a row stands there once for each part that wants it."""
        rows = len(columns[0])
        code = np.zeros(rows, dtype=np.int64)
        is_known = np.ones(rows, dtype=np.bool_)
        for codes, column in zip(self._codes, columns, strict=True):
            mine = _looked_up(column, codes)
            is_known &= mine >= 0
            code = code * max(len(codes), 1) + mine
        if not len(self._known):
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        at = np.minimum(np.searchsorted(self._known, code), len(self._known) - 1)
        is_known &= self._known[at] == code
        chosen = np.flatnonzero(is_known)
        counts = self._counts[at[chosen]]
        ends = np.cumsum(counts)
        within = np.arange(int(counts.sum())) - np.repeat(ends - counts, counts)
        return np.repeat(chosen, counts), self._parts[np.repeat(self._starts[at[chosen]], counts) + within]

    def _code(self, values: tuple[SplitValue, ...]) -> int:
        code = 0
        for codes, value in zip(self._codes, values, strict=True):
            code = code * max(len(codes), 1) + codes[value]
        return code


def split(
    result: Result,
    keys: Keys,
    *,
    fields: Sequence[str],
    kept: Sequence[str],
    parts: int,
    limit: int | None,
    place: Path,
) -> Split:
    """Read a result once and write up to `limit` rows of each part with the columns `kept`, below the name `place`."""
    files = _files_for(result, parts)
    per_file = -(-parts // files)
    seen: _Ints = np.zeros(parts, dtype=np.int64)
    read = 0
    place.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        writers: dict[int, pa.RecordBatchFileWriter] = {}
        for batch in result.batches:
            read += batch.num_rows
            rows, of_part = keys.parts_of([batch.column(name) for name in fields])
            rows, of_part = _within(rows, of_part, seen, limit)
            piece = batch.select(list(kept)).take(pa.array(rows))
            piece = piece.append_column(_PART, pa.array(of_part, pa.int32()))
            for number in range(files):
                if number not in writers:
                    writers[number] = stack.enter_context(_writer(file_of(place, number), piece.schema))
                first, last = np.searchsorted(of_part, [number * per_file, (number + 1) * per_file])
                if last > first:
                    writers[number].write_batch(piece.slice(first, last - first))
        if not writers:
            raise ArtifactError("The result has no columns to store.")
    for number in range(files):
        _sync(file_of(place, number))
    return Split(rows_matched=tuple(int(count) for count in seen), files=files, rows_read=read)


class Parts:
    """The rows of parts, read one part after another in the order of their places."""

    def __init__(self, place: Path, *, parts: int, files: int) -> None:
        self._place = place
        self._per_file = -(-parts // files)
        self._file: _PartFile | None = None
        self._number = -1

    def batches(self, part: int) -> "list[pa.RecordBatch] | PartBatches":
        """The batches of a part, to be read as often as wanted: at least one, which may be empty."""
        number = part // self._per_file
        if self._file is None or number != self._number:
            self._file = None  # two of them need not fit into memory
            self._file, self._number = _PartFile.open(file_of(self._place, number)), number
        return self._file.batches(part)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartBatches:
    """The batches of a part in a large file; each reading opens it again and holds one batch at a time."""

    path: Path
    slices: Sequence[tuple[int, int, int]]  #: (batch, first row, rows)

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        with pa.OSFile(str(self.path)) as file, pa.ipc.open_file(file) as reader:
            for at, first, count in self.slices:
                yield reader.get_batch(at).slice(first, count).drop_columns([_PART])


@dataclass(slots=True, kw_only=True)
class _PartFile:
    """One file of parts: which of its batches hold which rows of which part."""

    path: Path
    index: Mapping[int, list[tuple[int, int, int]]]
    schema: pa.Schema
    held: list[pa.RecordBatch] = field(default_factory=list)  #: none: it is too large

    @classmethod
    def open(cls, path: Path) -> "_PartFile":
        index: dict[int, list[tuple[int, int, int]]] = {}
        held: list[pa.RecordBatch] = []
        is_kept = path.stat().st_size <= _KEPT_BYTES
        try:
            with pa.OSFile(str(path)) as file, pa.ipc.open_file(file) as reader:
                for at in range(reader.num_record_batches):
                    batch = reader.get_batch(at)
                    numbers = batch.column(_PART).to_numpy()
                    firsts = np.flatnonzero(np.diff(numbers, prepend=-1))
                    for first, end in zip(firsts, [*firsts[1:], len(numbers)], strict=True):
                        index.setdefault(int(numbers[first]), []).append((at, int(first), int(end - first)))
                    if is_kept:
                        held.append(batch)
                schema = reader.schema
        except (OSError, pa.ArrowException) as error:
            raise ArtifactError("The stored rows of this run are missing or damaged. Run the report again.") from error
        return cls(path=path, index=index, schema=schema, held=held)

    def batches(self, part: int) -> list[pa.RecordBatch] | PartBatches:
        slices = self.index.get(part, [])
        if slices and not self.held:
            return PartBatches(path=self.path, slices=slices)
        found = [self.held[at].slice(first, count).drop_columns([_PART]) for at, first, count in slices]
        without = self.schema.remove(self.schema.get_field_index(_PART))
        return found or [pa.RecordBatch.from_pylist([], schema=without)]


def file_of(place: Path, number: int) -> Path:
    """Return where the file of that number lies."""
    return place.with_name(f"{place.name}-{number}.arrow")


def _looked_up(column: pa.Array, codes: Mapping[SplitValue, int]) -> _Ints:
    """The code of each value; -1 where it is not known, and of nulls."""
    encoded = column.dictionary_encode()
    known = np.array([codes.get(value, -1) for value in encoded.dictionary.to_pylist()], dtype=np.int64)
    at = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    if not len(known):
        return np.full(len(column), -1, dtype=np.int64)
    return np.where(at >= 0, known[at], -1)


def _within(rows: _Ints, parts: _Ints, seen: _Ints, limit: int | None) -> tuple[_Ints, _Ints]:
    """The pairs by part, each part's rows in their order, without what is past its limit; counts them in `seen`."""
    order = np.argsort(parts, kind="stable")
    rows, parts = rows[order], parts[order]
    before = seen[parts]
    np.add.at(seen, parts, 1)
    if limit is None or not len(parts):
        return rows, parts
    firsts = np.searchsorted(parts, parts)
    chosen = before + np.arange(len(parts)) - firsts < limit
    return rows[chosen], parts[chosen]


def _files_for(result: Result, parts: int) -> int:
    rows, width = result.head.rows_matched, 40 * max(len(result.head.columns), 1)
    return max(1, min(parts, _MOST_FILES, -(-rows * width // _FILE_BYTES)))


def _writer(path: Path, schema: pa.Schema) -> pa.RecordBatchFileWriter:
    return pa.ipc.new_file(str(path), schema)


def _sync(path: Path) -> None:
    """Whoever goes on after a power cut reads whole files."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
