"""Keeps pandas out of processes that never show a table: 40 MiB and half a second that Arrow would spend on it."""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class _Hidden(MetaPathFinder):
    """Says that there is no pandas."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        if fullname == "pandas":
            raise ModuleNotFoundError("hidden while Arrow looks for it", name=fullname)
        return None


def load_plain_arrow() -> None:
    """Load Arrow without pandas; a later `to_pandas` loads it all the same. Call it before anything else does.

    Arrow looks for pandas once, at its first value, to know data frames when it is given one: see `_check_import` in
    pyarrow's pandas-shim.pxi.
    """
    hidden = _Hidden()
    sys.meta_path.insert(0, hidden)
    try:
        import pyarrow as pa

        pa.scalar(0)
    finally:
        sys.meta_path.remove(hidden)
