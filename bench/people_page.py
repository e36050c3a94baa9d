"""One open page, as the browser holds it: Streamlit's own messages over its own WebSocket, without the drawing."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

_LARGEST_MESSAGE = 64 * 1024 * 1024
_ID_START = "$$ID-"
_ENDED = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
#: Kinds of widgets whose value the browser sends along with every interaction, whether it was touched or not.
_STANDING = {
    "checkbox": "bool_value",
    "text_input": "string_value",
    "text_area": "string_value",
    "number_input": "double_value",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """How long an interaction took, in seconds from its sending."""

    updated_s: float | None  #: until the table with the new answer was there; None where there came none
    ended_s: float  #: until the script had ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Widget:
    """Where a widget is."""

    id: str
    fragment_id: str


@dataclass(slots=True, kw_only=True)
class Drawn:
    """What the page knows after its last run."""

    widgets: dict[str, Widget] = field(default_factory=dict)  #: by key
    standing: dict[str, WidgetState] = field(default_factory=dict)  #: by id
    problems: list[str] = field(default_factory=list)
    messages: int = 0
    bytes: int = 0


class Page:
    """A page that stays open. Raises RuntimeError where the app says that something went wrong."""

    def __init__(self, port: int, cookie: str) -> None:
        self.drawn = Drawn()
        self._port = port
        self._cookie = cookie
        self._socket: ClientConnection
        self._name = ""
        self._query = ""
        self._hash = ""
        self._seen: set[str] = set()

    async def __aenter__(self) -> Self:
        self._socket = await connect(
            f"ws://127.0.0.1:{self._port}/_stcore/stream",
            additional_headers={"Cookie": self._cookie},
            subprotocols=["streamlit"],  # type: ignore[list-item]
            max_size=_LARGEST_MESSAGE,
            compression=None,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._socket.close()

    async def open(self, name: str, query: str = "") -> Took:
        """Open a screen, as a link to it does; an empty name is the first screen."""
        self._name, self._query, self._hash = name, query, ""
        self.drawn = Drawn()
        return await self._run(self._state())

    async def press(self, key: str) -> Took:
        """Press a button."""
        return await self._act(key, trigger_value=True)

    async def set(self, key: str, **value: Any) -> Took:
        """Give a widget a value, in the field of its kind: `bool_value=True`."""
        return await self._act(key, **value)

    async def send(self, key: str, event: str, value: Mapping[str, Any]) -> Took:
        """Have a component of our own say something."""
        widget = self._widget(key)
        heard = WidgetState(
            id=f"$$STREAMLIT_INTERNAL_KEY_{widget.id}__events",
            json_trigger_value=json.dumps([{"event": event, "value": value}]),
        )
        return await self._run(self._state(widget, heard))

    async def _act(self, key: str, **value: Any) -> Took:
        widget = self._widget(key)
        heard = WidgetState(id=widget.id, **value)
        if "trigger_value" not in value:
            self.drawn.standing[widget.id] = heard
        return await self._run(self._state(widget, heard))

    def _widget(self, key: str) -> Widget:
        if key not in self.drawn.widgets:
            raise RuntimeError(f"there is no {key} on the page; there are {sorted(self.drawn.widgets)}")
        return self.drawn.widgets[key]

    def _state(self, widget: Widget | None = None, heard: WidgetState | None = None) -> ClientState:
        state = ClientState(
            query_string=self._query,
            page_name=self._name,
            page_script_hash=self._hash,
            fragment_id=widget.fragment_id if widget else "",
            cached_message_hashes=self._seen,
        )
        context = state.context_info
        context.timezone, context.timezone_offset, context.locale = "Europe/Berlin", -60, "en-GB"
        context.url, context.color_scheme = f"http://127.0.0.1:{self._port}/{self._name}", "light"
        sent = self.drawn.standing | ({heard.id: heard} if heard is not None else {})
        state.widget_states.widgets.extend(sent.values())
        return state

    async def _run(self, state: ClientState) -> Took:
        began = time.perf_counter()
        updated_s = None
        await self._socket.send(BackMsg(rerun_script=state).SerializeToString())
        while True:
            data = await self._socket.recv()
            message = ForwardMsg.FromString(data if isinstance(data, bytes) else data.encode())
            self.drawn.messages += 1
            self.drawn.bytes += len(data)
            if self._note(message):
                updated_s = time.perf_counter() - began
            if message.WhichOneof("type") == "script_finished" and message.script_finished in _ENDED:
                if self.drawn.problems:
                    raise RuntimeError(f"{self._name}: {self.drawn.problems}")
                return Took(updated_s=updated_s, ended_s=time.perf_counter() - began)

    def _note(self, message: ForwardMsg) -> bool:
        """Remember what a message says of the page; returns whether it is a table of rows."""
        if message.metadata.cacheable and message.hash:
            self._seen.add(message.hash)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._hash = message.new_session.page_script_hash
        elif kind == "navigation":
            self._hash = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        elif kind == "ref_hash":
            return False
        elif kind == "delta":
            return self._note_delta(message)
        return False

    def _note_delta(self, message: ForwardMsg) -> bool:
        delta = message.delta
        if delta.WhichOneof("type") == "add_block":
            block = delta.add_block
            kind = block.WhichOneof("type")
            self._remember(getattr(getattr(block, kind), "id", "") if kind else "", delta.fragment_id)
            return False
        element = delta.new_element
        kind = element.WhichOneof("type")
        if kind is None:
            return False
        shown = getattr(element, kind)
        identity = str(getattr(shown, "id", ""))
        self._remember(identity, delta.fragment_id)
        if kind in _STANDING and identity:
            self._stand(kind, shown)
        if kind == "exception" or (kind == "alert" and shown.format == shown.ERROR):
            self.drawn.problems.append(str(getattr(shown, "message", "") or shown.body))
        return kind == "dataframe"

    def _remember(self, identity: str, fragment_id: str) -> None:
        if identity.startswith(_ID_START):
            key = identity.removeprefix(_ID_START).partition("-")[2]
            self.drawn.widgets[key] = Widget(id=identity, fragment_id=fragment_id)

    def _stand(self, kind: str, shown: Any) -> None:
        """Remember the value of a widget: what it shows stays until the app sets another."""
        given = "value" if shown.set_value else "default"
        if not shown.set_value and (shown.id in self.drawn.standing or not _has(shown, given)):
            return
        if shown.set_value and not _has(shown, given):
            self.drawn.standing.pop(shown.id, None)
            return
        self.drawn.standing[shown.id] = WidgetState(id=shown.id, **{_STANDING[kind]: getattr(shown, given)})


def _has(shown: Any, name: str) -> bool:
    """Whether a field that may be left out is there; those that may not always are."""
    try:
        return bool(shown.HasField(name))
    except ValueError:
        return True
