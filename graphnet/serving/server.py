"""The server: Bokeh's, on this machine alone unless told otherwise; it ends as a command should."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import FileError, GraphnetError, ParameterError
from ..views.page.rendering import needed
from .guard import Guard, guard

if TYPE_CHECKING:
    from bokeh.document import Document

LARGEST_MESSAGE = 1_000_000
"""Bytes of a message from a browser that are taken."""
FORGET = 5_000
"""Milliseconds after which the session of a page that was closed is forgotten."""


class Page(Protocol):
    """What is served: a page for each who comes, and drawings of it with other sub-networks open."""

    def open(self, document: Document) -> None:
        """Fill the document of one viewer."""
        ...

    def drawing(self, opened: Sequence[str]) -> dict[str, Any]:
        """The drawing in which these sub-networks stand open. Raises GraphnetError."""
        ...


class Server:
    """Serves a page at ``url`` from the moment it is made; ``run`` answers until ``stop``, Ctrl-C or SIGTERM.

    ``port`` 0 takes any that is free. Pages of other origins, and requests for other hosts, are refused, except for
    those of ``allow_origin``. Raises ParameterError for a port or an address that cannot be listened to.
    """

    def __init__(
        self, page: Page, *, port: int = 0, address: str = "127.0.0.1", allow_origin: Iterable[str] = ()
    ) -> None:
        needed()
        self.guard: Guard = guard(address, allow_origin)
        self._page = page
        self._socket: socket.socket = _listening(address, port)
        self.port: int = int(self._socket.getsockname()[1])
        shown = "localhost" if self.guard.anywhere else f"[{address}]" if ":" in address else address
        self.url: str = f"http://{shown}:{self.port}/"
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end = asyncio.Event()
        self._ready = threading.Event()
        self._signal: int | None = None

    def run(self) -> None:
        """Answer until the end. A signal that ends it is raised again once everything is put in order."""
        main = threading.current_thread() is threading.main_thread()
        before = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)} if main else {}
        try:
            asyncio.run(self._serve(before))
        finally:
            for number, handler in before.items():  # the loop leaves the system's own behind
                signal.signal(number, handler)
            self._socket.close()
        if self._signal is not None:
            signal.raise_signal(self._signal)  # to whoever called, now that nothing is left to be put in order

    def stop(self) -> None:
        """End ``run`` from any thread."""
        self._ready.wait()
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._end.set)

    async def _serve(self, signals: Iterable[int]) -> None:
        from bokeh.server.server import BaseServer
        from tornado.httpserver import HTTPServer
        from tornado.ioloop import IOLoop

        self._loop = asyncio.get_running_loop()
        application = _application(self._page, self.guard)
        http = HTTPServer(application, max_body_size=LARGEST_MESSAGE, max_header_size=65_536)
        http.add_socket(self._socket)
        server = BaseServer(IOLoop.current(), application, http)
        logging.getLogger("bokeh.server.views.ws").setLevel(logging.ERROR)  # that a page was closed is no news
        server.start()
        for one in signals:  # raised inside a callback they would be swallowed
            self._loop.add_signal_handler(one, self._interrupted, one)
        self._ready.set()
        try:
            await self._end.wait()
        finally:
            for session in application.get_sessions("/"):
                session.destroy()  # nothing is sent any more
            await _settled()
            server.stop()
            await http.close_all_connections()
            await _settled()

    def _interrupted(self, number: int) -> None:
        self._signal = int(number)
        self._end.set()


async def _settled() -> None:
    """Let what is being sent come to its end, so that nothing is broken off in the middle."""
    await asyncio.sleep(0)
    if busy := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(busy, timeout=1.0)


def _listening(address: str, port: int) -> socket.socket:
    if not 0 <= port <= 65_535:
        raise ParameterError(f"a port is a number from 0 to 65535, got {port}", parameter="port")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        made = socket.create_server((address, port), family=family, backlog=128)
    except OSError as error:
        raise FileError(
            f"cannot listen to port {port} of {address or 'this machine'}: {error.strerror or error}",
            path=f"{address}:{port}",
            hint="leave out --port for a free one",
        ) from error
    made.setblocking(False)
    return made


def _application(page: Page, allowed: Guard) -> Any:
    """Bokeh's application behind the guard, with the drawings beside it."""
    from bokeh.server.tornado import BokehTornado
    from bokeh.server.views.ws import WSHandler
    from tornado.web import RequestHandler

    class Refused(RequestHandler):
        """Says why a request is refused, whatever it asks for."""

        def initialize(self, reason: str) -> None:
            self.reason = reason

        def prepare(self) -> None:
            self.set_status(403)
            self.set_header("Content-Type", "text/plain; charset=utf-8")
            self.finish(self.reason + "\n")

    class Drawings(RequestHandler):
        """Answers with the drawing in which some sub-networks stand open."""

        def get(self) -> None:
            self.set_header("Content-Type", "application/json")
            self.set_header("X-Content-Type-Options", "nosniff")
            try:
                answer = page.drawing(self.get_arguments("open", strip=False))
            except GraphnetError as error:
                self.set_status(400)
                answer = {"error": str(error)}
            self.finish(json.dumps(answer, allow_nan=False))

    class Prompt(WSHandler):
        """Sends at once: a picture is many small messages, which TCP would else hold back for 40 ms."""

        def open(self) -> None:
            super().open()
            self.set_nodelay(True)

    class Guarded(BokehTornado):
        """Looks at every request, also of websockets, before anything else does."""

        def find_handler(self, request: Any, **more: Any) -> Any:
            reason = allowed.refusal(request.headers)
            if reason is not None:
                return self.get_handler_delegate(request, Refused, {"reason": reason})
            return super().find_handler(request, **more)

        def get_handler_delegate(self, request: Any, target_class: Any, *rest: Any, **more: Any) -> Any:
            target = Prompt if target_class is WSHandler else target_class
            return super().get_handler_delegate(request, target, *rest, **more)

    return Guarded(
        page.open,
        extra_websocket_origins=["*"],  # the guard has looked
        extra_patterns=[("/drawing", Drawings)],
        websocket_max_message_size_bytes=LARGEST_MESSAGE,
        unused_session_lifetime_milliseconds=FORGET,
        check_unused_sessions_milliseconds=FORGET,
        include_headers=[],
        include_cookies=[],
    )


Told = Callable[[str], None]


def serve(
    page: Page, *, port: int = 0, address: str = "127.0.0.1", allow_origin: Iterable[str] = (), told: Told | None = None
) -> None:
    """Serve a page until Ctrl-C or SIGTERM, which are raised again at the end; ``told`` is given its address first."""
    server = Server(page, port=port, address=address, allow_origin=allow_origin)
    if told is not None:
        told(server.url)
    server.run()
