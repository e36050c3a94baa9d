"""How renderers take a result's rows: in chunks of an even size, converted side by side, handed on in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import TypeVar

import pyarrow as pa

#: Rows converted at once: large enough that Arrow's work outweighs Python's, small enough that memory stays flat; 33 of
#: these chunks fill a spreadsheet's 1,048,575 rows below the header exactly, so no chunk straddles two sheets.
CHUNK_ROWS = 31_775

Converted = TypeVar("Converted")


def even_chunks(batches: Iterable[pa.RecordBatch], *, rows: int = CHUNK_ROWS) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of `rows`, the last one shorter; small batches are put together, large ones sliced."""
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        rest = batch
        while count + rest.num_rows >= rows:
            head = rest.slice(0, rows - count)
            yield _one_batch([*waiting, head])
            rest = rest.slice(head.num_rows)
            waiting, count = [], 0
        if rest.num_rows:
            waiting.append(rest)
            count += rest.num_rows
    if waiting:
        yield _one_batch(waiting)


def convert_ahead(
    batches: Iterable[pa.RecordBatch],
    convert: Callable[[pa.RecordBatch, int], Converted],
    *,
    rows: int = CHUNK_ROWS,
    ahead: int = 2,
) -> Iterator[tuple[pa.RecordBatch, Converted]]:
    """`convert(batch, first_row)` of every chunk, in order; up to `ahead` run in threads (Arrow frees the lock)."""
    chunks = even_chunks(batches, rows=rows)
    front = tuple(islice(chunks, 2))
    if len(front) < 2:  # a small result is converted sooner than a thread is started
        yield from ((batch, convert(batch, 0)) for batch in front)
        return
    with ThreadPoolExecutor(max_workers=ahead, thread_name_prefix="render") as pool:
        waiting: deque[tuple[pa.RecordBatch, Future[Converted]]] = deque()
        first_row = 0
        for batch in chain(front, chunks):
            waiting.append((batch, pool.submit(convert, batch, first_row)))
            first_row += batch.num_rows
            if len(waiting) > ahead:
                done, future = waiting.popleft()
                yield done, future.result()
        while waiting:
            done, future = waiting.popleft()
            yield done, future.result()


def _one_batch(parts: list[pa.RecordBatch]) -> pa.RecordBatch:
    return parts[0] if len(parts) == 1 else pa.concat_batches(parts)
