"""Readers of a running server, as their browsers speak to it: one websocket each.

A visitor opens a page, picks filters as the page's own control sends them, and waits until the
server has sent everything. What a browser then draws is not in it.
"""

from __future__ import annotations

import asyncio
import time
from types import TracebackType
from urllib.parse import parse_qsl, urlencode

import websockets
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.support.servers import let_in

LONGEST = 300
"""Seconds a first opening may take: it may have to compute the report."""


class PageFailed(RuntimeError):
    """The server showed an exception or an error instead of the page."""


class Visitor:
    """One open page of one browser; ``async with Visitor(port, "indicators") as visitor``."""

    def __init__(self, port: int, page: str, **filters: str) -> None:
        self.port, self.page = port, page
        self.query = urlencode(filters)
        self.messages = self.bytes = 0
        self.elements: list[Element] = []
        """What the page shows, as the server sent it last."""
        self._hash = ""
        self._group: tuple[str, list[str]] = ("", [])
        self._socket: websockets.ClientConnection | None = None

    async def __aenter__(self) -> Visitor:
        self._socket = await websockets.connect(
            f"ws://127.0.0.1:{self.port}/_stcore/stream",
            subprotocols=[websockets.Subprotocol("streamlit")],
            origin=websockets.Origin(f"http://127.0.0.1:{self.port}"),
            additional_headers={"Cookie": "; ".join(f"{k}={v}" for k, v in let_in().items())},
            max_size=None,
        )
        return self

    async def __aexit__(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._socket is not None:
            await self._socket.close()

    async def open(self) -> float:
        """Open the page; return the seconds until the server had sent all of it."""
        return await self._run(self._ask())

    async def choose(self, number: int) -> float:
        """Pick the option of the page's first row of buttons; return seconds until all is sent."""
        identifier, options = self._group
        asked = self._ask()
        state = asked.rerun_script.widget_states.widgets.add(id=identifier)
        state.string_array_value.data.append(options[number % len(options)])
        return await self._run(asked)

    @property
    def choices(self) -> int:
        """How many options the page's first row of buttons has."""
        return len(self._group[1])

    def _ask(self) -> BackMsg:
        asked = BackMsg()
        asked.rerun_script.query_string = self.query
        if self._hash:
            asked.rerun_script.page_script_hash = self._hash
        else:
            asked.rerun_script.page_name = self.page
        asked.rerun_script.context_info.url = f"http://127.0.0.1:{self.port}/{self.page}"
        asked.rerun_script.context_info.color_scheme = "light"
        asked.rerun_script.context_info.timezone = "UTC"
        return asked

    async def _run(self, asked: BackMsg) -> float:
        assert self._socket is not None
        begin = time.perf_counter()
        await self._socket.send(asked.SerializeToString())
        self._group, self.elements = ("", []), []
        while True:
            data = await asyncio.wait_for(self._socket.recv(), LONGEST)
            message = ForwardMsg.FromString(data if isinstance(data, bytes) else data.encode())
            self.messages, self.bytes = self.messages + 1, self.bytes + len(data)
            kind = message.WhichOneof("type")
            if kind == "script_finished":
                if message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    return time.perf_counter() - begin
            else:
                self._note(kind, message)

    def _note(self, kind: str | None, message: ForwardMsg) -> None:
        if kind == "new_session":
            self._hash = message.new_session.page_script_hash
        elif kind == "navigation":
            # The page the address leads to; the session begins with the script around all pages.
            self._hash = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self.query = urlencode(parse_qsl(message.page_info_changed.query_string))
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            self.elements.append(element)
            shown = element.WhichOneof("type")
            if shown == "exception" or (shown == "alert" and element.alert.format == Alert.ERROR):
                raise PageFailed(str(getattr(element, shown))[:500])
            if shown == "button_group" and not self._group[0]:
                group = element.button_group
                self._group = (group.id, [option.content for option in group.options])
