"""The REST API over many installations, one after the other: its application is made once in a test process.

To make an application of some hundred routes takes longer than most tests of it. What it is made of here stands for the
services of the installation that a request goes to.
"""

from contextvars import ContextVar
from functools import cache
from typing import Any

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from core.api import application
from core.bootstrap import Broadsheet


class KeptApi:
    """The API of one installation."""

    def __init__(self, broadsheet: Broadsheet) -> None:
        self.broadsheet = broadsheet

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does."""
        _asked.set(self)
        await _application()(scope, receive, send)


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


@cache
def _application() -> FastAPI:
    return application.create_application(_Services())  # type: ignore[arg-type]
