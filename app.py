"""The web process: screens, REST API, download links and health on one port. Start it with `streamlit run app.py`."""

import asyncio
import logging
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount

from core.api import create_api
from core.api.chart_links import chart_links
from core.api.headers import SafetyHeadersMiddleware, inline_scripts
from core.api.metrics_routes import metrics_routes
from core.api.own_pages import OwnPagesMiddleware
from core.api.public_routes import public_routes
from core.api.request_ids import RequestIdMiddleware
from core.api.saved_links import saved_links
from core.api.session_routes import session_routes
from core.bootstrap import keep_standing_in, running, set_up_logging, set_up_tracing, warm_up
from core.errors import BroadsheetError
from pages.widgets.page_scripts import SCRIPTS

#: The first page and its scripts are out by then.
REST_AFTER_S = 2
#: The one page that Streamlit sends; a script stands in it.
STREAMLITS_PAGE = Path(st.__file__).parent / "static" / "index.html"

try:
    broadsheet = running()
except BroadsheetError as error:
    sys.stderr.write(f"broadsheet: {error.user_message}\n")
    sys.exit(2)

set_up_logging(broadsheet.settings.log_format, level=logging.WARNING)
set_up_tracing("web", broadsheet.settings.otel_exporter_otlp_endpoint)
api = create_api(broadsheet)


def load_the_rest() -> None:
    """Load what no start waits for, so that the first person does not wait for it either."""
    api.load()
    warm_up()


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Answer first, load the rest then."""
    rest = threading.Thread(target=load_the_rest, name="load-the-rest", daemon=True)
    asyncio.get_running_loop().call_later(REST_AFTER_S, rest.start)
    stopping = threading.Event()
    standing_in = (broadsheet.alert_watch, stopping)
    threading.Thread(target=keep_standing_in, args=standing_in, name="stand-in", daemon=True).start()
    yield
    stopping.set()


app = st.App(
    Path(__file__).parent / "pages" / "shell.py",
    routes=[
        *public_routes(broadsheet),
        *metrics_routes(broadsheet.metrics, broadsheet.access),
        *session_routes(
            broadsheet.sessions, broadsheet.access, secure=broadsheet.settings.base_url.startswith("https://")
        ),
        *chart_links(broadsheet.charts, broadsheet.access),
        *saved_links(
            audit=broadsheet.audit,
            personal=broadsheet.personal_data,
            sent=broadsheet.sent,
            templates=broadsheet.templates,
            branding=broadsheet.branding,
            access=broadsheet.access,
        ),
        Mount("/api", api),
    ],
    # What `st.login` needs; it never lies in a file.
    secrets=broadsheet.sso.streamlit_secrets,
    middleware=[
        Middleware(RequestIdMiddleware),
        Middleware(
            SafetyHeadersMiddleware,
            is_https=broadsheet.settings.base_url.startswith("https://"),
            scripts=(*inline_scripts(STREAMLITS_PAGE.read_text("utf-8")), *SCRIPTS),
        ),
        Middleware(OwnPagesMiddleware, base_url=broadsheet.settings.base_url),
    ],
    lifespan=lifespan,
)
