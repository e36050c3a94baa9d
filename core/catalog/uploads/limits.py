"""How large an upload may be and what reading it may take."""

from dataclasses import dataclass

_MEBI = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadLimits:
    """Sizes of what is read, and limits of the process that reads it."""

    file_bytes: int = 200 * _MEBI
    unpacked_bytes: int = 1024 * _MEBI  #: of archives, and of what is written
    unpacked_ratio: int = 200  #: how much larger than itself a packed part may be
    columns: int = 500
    cells: int = 50_000_000
    sheet_cells: int = 4_000_000  #: of an XLSX sheet, whose reading is slow
    memory_bytes: int = 4096 * _MEBI  #: address space of the process that reads
    engine_bytes: int = 1024 * _MEBI  #: memory of the engine in it; beyond that it uses the disk
    processor_s: int = 240
    deadline_s: float = 120.0


#: What every upload is held to.
LIMITS = UploadLimits()
