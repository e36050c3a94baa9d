"""What the processes log, as text or as a JSON object a line; a line says which run, schedule or request it is of."""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Literal

from core.tracing import span

TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s"
#: Our messages name their fields: "run_claimed run=%s attempt=%s".
_FIELD = re.compile(r"\b([a-z][a-z0-9_]*)=%[sd]")
_EVENT = re.compile(r"[a-z][a-z0-9_.]*$")
_ids: ContextVar[tuple[tuple[str, str], ...]] = ContextVar("ids", default=())


@contextmanager
def log_context(work: str, /, **ids: object) -> Iterator[None]:
    """Give every line that is logged inside the block these ids, and a trace a span; what is None is left out."""
    token = _ids.set((*_ids.get(), *((name, str(value)) for name, value in ids.items() if value is not None)))
    try:
        with step(work):
            yield
    finally:
        _ids.reset(token)


@contextmanager
def step(work: str) -> Iterator[None]:
    """Give a trace a span of the block, with the ids around it."""
    with span(work, **dict(_ids.get())):
        yield


class JsonFormatter(logging.Formatter):
    """One line of JSON: when, how bad, where, the event, its fields, the ids around it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a traceback is a field of it."""
        message = record.getMessage()
        first = message.split(" ", 1)[0]
        told: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": first if _EVENT.fullmatch(first) else None,
            "message": message,
            **dict(_ids.get()),
            **_fields(record),
        }
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return json.dumps({name: value for name, value in told.items() if value is not None}, ensure_ascii=False)


def set_up_logging(kind: Literal["text", "json"], *, level: int = logging.INFO, ours: int = logging.INFO) -> None:
    """Log to standard error: `level` and above of everybody, `ours` and above of the product."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if kind == "json" else logging.Formatter(TEXT))
    logging.basicConfig(level=level, handlers=[handler])
    for name in ("core", "broadsheet"):
        logging.getLogger(name).setLevel(ours)


def _fields(record: logging.LogRecord) -> dict[str, object]:
    names = _FIELD.findall(record.msg) if isinstance(record.msg, str) else []
    if not isinstance(record.args, tuple) or len(names) != len(record.args):
        return {}
    plain = (int, float, bool)
    return {
        name: value if value is None or isinstance(value, plain) else str(value)
        for name, value in zip(names, record.args, strict=True)
    }
