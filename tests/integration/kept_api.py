"""The REST API over many installations, one after the other: its application is made once in a test process.

To make an application of some hundred routes takes longer than most tests of it. What it is made of here stands for the
services of the installation that a request goes to.
"""

from contextvars import ContextVar
from functools import cache
from typing import Any
from unittest.mock import patch

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from core.access.rate_limit import RateLimit
from core.api import application
from core.bootstrap import Broadsheet


class KeptApi:
    """The API of one installation."""

    def __init__(self, broadsheet: Broadsheet) -> None:
        self.broadsheet = broadsheet
        self.limits: dict[_Limit, RateLimit] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does; a test may have set other limits."""
        _asked.set(self)
        rate_limits = self.broadsheet.settings.rate_limits
        app = _application(rate_limits, application.SIGN_INS_PER_MINUTE, application.REQUESTS_PER_MINUTE)
        await app(scope, receive, send)


_asked: ContextVar[KeptApi] = ContextVar("asked")


class _Services:
    """Stands for the services of the installation that is asked."""

    def __getattr__(self, name: str) -> Any:
        return _Service(name)


class _Service:
    """Stands for one of them."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(getattr(_asked.get().broadsheet, self._name), name)


class _Limit:
    """Counts for each installation by itself."""

    def __init__(self, _clock: object, *, per_minute: int | None) -> None:
        self._per_minute = per_minute

    def __getattr__(self, name: str) -> Any:
        asked = _asked.get()
        own = RateLimit(asked.broadsheet.clock, per_minute=self._per_minute)
        return getattr(asked.limits.setdefault(self, own), name)


@cache
def _application(*_told_apart_by: object) -> FastAPI:
    with patch.object(application, "RateLimit", _Limit):
        return application.create_application(_Services())  # type: ignore[arg-type]
