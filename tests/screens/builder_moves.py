"""Drags, clicks and keys of the builder's own component, as the browser would send them."""

import json

from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.proto.WidgetStates_pb2 import WidgetState

from pages.widgets import keys


def parts(app) -> dict[str, dict]:
    """What the component shows, by its view."""
    shown = [json.loads(item.proto.json) for item in app.get("bidi_component") if item.proto.json]
    return {data["view"]: data for data in shown if "view" in data}


def move(app, do: str, what: str, *, key: str = keys.BUILDER_SHELVES, **more: object):
    """Do something to one field: `do` and `what` as the script sends them, `more` its from, to, at and value."""
    proto = next(item.proto for item in app.get("bidi_component") if key in item.proto.id)
    states = app._tree.get_widget_states()
    sent = [{"event": "move", "value": {"do": do, "what": what, **more}}]
    states.widgets.append(WidgetState(id=_make_trigger_id(proto.id, "events"), json_trigger_value=json.dumps(sent)))
    return app._run(states)


def click(app, name: str):
    """Click a field of the list."""
    return move(app, "toggle", f"field:{name}", key=keys.BUILDER_FIELDS)
