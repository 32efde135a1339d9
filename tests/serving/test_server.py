"""The server without a browser: who is answered, with what, and how it ends."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from graphnet import Network
from graphnet.errors import FileError, ParameterError
from graphnet.serving import Live, Server, Still, Watching
from layers import PassThrough

from .networks import small
from .serving import UPGRADE, ask, served


@pytest.fixture(scope="module")
def server():
    front = Network([PassThrough(1, dt=0.001)], name="front")
    net = small()
    net.add_network(front, name="front")
    with served(Still(net)) as one:
        yield one


def test_the_page_is_there_for_whoever_asks_by_the_right_name(server):
    status, headers, text = ask(server)
    assert status == 200 and headers["Content-Type"] == "text/html" and "<title>small</title>" in text
    assert re.match(r"http://127\.0\.0\.1:\d+/$", server.url)


def test_the_page_fetches_nothing_from_elsewhere(server):
    _, _, text = ask(server)
    assert "default-src &#39;none&#39;" in text
    assert not re.findall(r"(?:src|href)=[\"'](?:https?:)?//(?!127\.0\.0\.1)[^\"']*", text)


@pytest.mark.parametrize("path", ["/", "/drawing?open=front", "/static/js/bokeh.min.js", "/metadata", "/nothing"])
@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"}],
)
def test_strangers_are_refused_whatever_they_ask_for(server, path, headers):
    status, _, text = ask(server, path, **headers)
    assert status == 403 and "small" not in text


def test_a_websocket_is_opened_for_pages_of_this_server_alone(server):
    own = f"http://127.0.0.1:{server.port}"
    assert ask(server, "/ws", **UPGRADE, Origin=own)[0] == 101
    for origin in ("http://evil.example", "null", "http://localhost:1", own + ".evil.example"):
        assert ask(server, "/ws", **UPGRADE, Origin=origin)[0] == 403
    assert ask(server, "/ws", **UPGRADE, Origin="http://evil.example", Host="evil.example")[0] == 403


def test_any_set_of_sub_networks_is_laid_out_on_request(server):
    closed, opened = (json.loads(ask(server, path)[2]) for path in ("/drawing", "/drawing?open=front"))
    assert closed["opened"] == [] and opened["opened"] == ["front"]
    names = [{one["name"] for one in each["boxes"]} for each in (closed, opened)]
    assert names[0] - names[1] == {"front"} and "front.pass_through" in names[1] - names[0]
    status, _, text = ask(server, "/drawing?open=fornt")
    assert status == 400 and "did you mean 'front'" in json.loads(text)["error"]


def test_a_port_that_is_taken_is_said(server):
    with pytest.raises(FileError, match=f"port {server.port}"):
        Server(Still(small()), port=server.port)
    with pytest.raises(ParameterError, match="0 to 65535"):
        Server(Still(small()), port=70_000)


def test_it_listens_to_this_machine_alone(server):
    addresses = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in addresses - {"127.0.0.1", "127.0.1.1"}:
        with pytest.raises(OSError, match=r"refused|timed out"):
            socket.create_connection((address, server.port), timeout=1).close()


def test_nothing_is_left_when_it_ends():
    before = set(threading.enumerate())
    with Live(small(run={"duration": 1e6}), paused=True) as live, served(Watching(live)) as server:
        assert ask(server)[0] == 200
    assert set(threading.enumerate()) <= before
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", server.port), timeout=1)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_command_ends_in_order_when_it_is_told_to(tmp_path, number, status):
    small(run={"duration": 1000.0}).save(tmp_path / "net.yaml")
    command = [
        sys.executable,
        "-c",
        "from graphnet.cli import main; main()",
        "view",
        "--live",
        str(tmp_path / "net.yaml"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", process.stdout.readline())
        assert found is not None
        assert ask(type("At", (), {"port": int(found[1])}))[0] == 200
        began = time.perf_counter()
        process.send_signal(number)
        assert process.wait(10) == status
        assert time.perf_counter() - began < 5.0
        assert process.stderr.read().strip() in ("interrupted", "terminated")
