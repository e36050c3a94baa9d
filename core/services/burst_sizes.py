"""About how large the files of a part become: a guess from how wide rows are, good to the order of magnitude."""

from collections.abc import Sequence

#: For each format: bytes of a file without rows, and of a row for each of its bytes in memory.
_SHAPES: dict[str, tuple[int, float]] = {
    "csv": (600, 0.9),
    "jsonl": (400, 2.2),
    "html": (12_000, 3.5),
    "xlsx": (9_000, 0.6),
    "pdf": (30_000, 1.5),
    "parquet": (3_000, 0.5),
}
_UNKNOWN = (2_000, 1.0)


def bytes_of(formats: Sequence[str], rows: int, width: float) -> int:
    """The bytes of the files of `rows` rows that take `width` bytes each in memory."""
    shapes = (_SHAPES.get(name, _UNKNOWN) for name in formats)
    return round(sum(plain + rows * width * factor for plain, factor in shapes))
