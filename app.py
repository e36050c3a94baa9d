"""The web process: screens, REST API, download links and health on one port. Start it with `streamlit run app.py`."""

import sys
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount

from core.api import create_api
from core.api.headers import SafetyHeadersMiddleware
from core.api.public_routes import public_routes
from core.api.session_routes import session_routes
from core.bootstrap import running
from core.errors import BroadsheetError

try:
    broadsheet = running()
except BroadsheetError as error:
    sys.stderr.write(f"broadsheet: {error.user_message}\n")
    sys.exit(2)

app = st.App(
    Path(__file__).parent / "pages" / "shell.py",
    routes=[
        *public_routes(broadsheet.health, broadsheet.runs),
        *session_routes(broadsheet.access, secure=broadsheet.settings.base_url.startswith("https://")),
        Mount("/api", create_api(broadsheet)),
    ],
    middleware=[Middleware(SafetyHeadersMiddleware)],
)
