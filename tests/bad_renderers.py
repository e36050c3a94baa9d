"""A registry of renderers that go wrong in every way a process can, and one that works."""

import os
import signal
import threading
from typing import Any, BinaryIO

from core.domain.artifact import Rendering
from core.domain.result import Result
from core.errors import RenderError
from core.render.csv_renderer import CsvRenderer
from core.render.renderer import Wishes

HALF = b"half a file"


class BadRenderer:
    """Writes half a file and then does what its format says."""

    media_type = "text/plain"
    takes_chart = False

    def __init__(self, name: str) -> None:
        self.format = self.label = self.extension = name

    def fitted(self, wishes: Wishes) -> "BadRenderer":
        return self

    def render(self, result: Result, target: BinaryIO, **_: Any) -> Rendering:
        target.write(HALF)
        target.flush()
        rows = sum(batch.num_rows for batch in result.batches)
        getattr(self, f"_{self.format}")()
        return Rendering(rows=rows)

    def _crash(self) -> None:
        os.kill(os.getpid(), signal.SIGSEGV)

    def _hang(self) -> None:
        threading.Event().wait()

    def _greed(self) -> None:
        kept = []
        while True:
            kept.append(os.urandom(4 * 1024 * 1024))

    def _bug(self) -> None:
        raise ZeroDivisionError("secret")

    def _refusal(self) -> None:
        raise RenderError("It will not be written.")


RENDERERS = {name: BadRenderer(name) for name in ("crash", "hang", "greed", "bug", "refusal")} | {"csv": CsvRenderer()}
