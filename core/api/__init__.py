"""The REST API over the services: routes parse, call one service, and shape its answer."""

from starlette.types import ASGIApp

from core.api.late import LateApp
from core.bootstrap import Broadsheet


def create_api(broadsheet: Broadsheet) -> LateApp:
    """Return the API; it is mounted under `/api`. FastAPI and its models are made when the first request comes."""

    def make() -> ASGIApp:
        from core.api.application import create_application

        return create_application(broadsheet)

    return LateApp(make)
