"""A server in a thread, and plain requests to it."""

import http.client
import threading
from contextlib import contextmanager

from graphnet.serving import Server


@contextmanager
def served(page, **options):
    """A server that answers until the end of the block."""
    server = Server(page, **options)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(10)
        assert not thread.is_alive()


def ask(server, path="/", **headers):
    """(status, headers, text) of a GET, with these headers besides or in place of the usual ones."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.putrequest("GET", path, skip_host=True)
        sent = {"Host": f"127.0.0.1:{server.port}", **{name.replace("_", "-"): one for name, one in headers.items()}}
        for name, value in sent.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), "" if answer.status == 101 else answer.read().decode()
    finally:
        connection.close()


UPGRADE = {
    "Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13",
    "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
}  # fmt: skip
