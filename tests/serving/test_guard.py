"""Only pages of this server, asked for by a name that is its own, are answered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet.errors import ParameterError
from graphnet.serving import guard

HOME = guard("127.0.0.1")


@pytest.mark.parametrize("host", ["localhost", "localhost:5006", "127.0.0.1:5006", "[::1]:5006", "LOCALHOST:1"])
def test_a_name_of_this_machine_is_answered(host):
    assert HOME.refusal({"Host": host}) is None
    assert HOME.refusal({"Host": host, "Origin": f"http://{host}"}) is None


@pytest.mark.parametrize(
    "host",
    [
        "", "evil.example", "evil.example:5006", "localhost.evil.example", "127.0.0.1.evil.example", "evil@localhost",
        "localhost@evil.example", "127.0.0.2:5006", "10.0.0.1", "localhost,evil.example", "localhost/", "[::2]",
        "0.0.0.0:5006", "localhost:port", " localhost", "localhost#@evil.example", "localhost?x",
    ],
)  # fmt: skip
def test_another_name_is_refused_though_it_may_lead_here(host):
    """A page that has its own name point to 127.0.0.1 would else pass for one of ours (DNS rebinding)."""
    assert HOME.refusal({"Host": host}) is not None
    assert HOME.refusal({"Host": host, "Origin": f"http://{host}"}) is not None


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example", "http://localhost:8888", "http://127.0.0.1", "null", "", "file://", "ftp://127.0.0.1:5006",
        "http://127.0.0.1:5006.evil.example", "http://127.0.0.1:5006@evil.example", "chrome-extension://127.0.0.1:5006",
    ],
)  # fmt: skip
def test_pages_of_other_origins_are_refused_also_of_this_machine(origin):
    assert HOME.refusal({"Host": "127.0.0.1:5006", "Origin": origin}) is not None


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_is_sent_is_refused_or_ours(host, origin):
    if HOME.refusal({"Host": host, "Origin": origin}) is None:
        assert host.lower().split("]")[0].strip("[").split(":")[0] in ("localhost", "127.0.0.1", "")
        assert origin.lower() in (f"http://{host.lower()}", f"https://{host.lower()}")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_link_may_lead_here_and_a_page_elsewhere_cannot_hold_this_one(site):
    links = {"Host": "localhost:1", "Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert HOME.refusal(links) is None
    assert HOME.refusal({**links, "Sec-Fetch-Dest": "iframe"}) is not None
    assert HOME.refusal({**links, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}) is not None


def test_what_is_allowed_is_answered_and_nothing_else():
    one = guard("127.0.0.1", ["https://example.org:8000", "proxy.example"])
    for origin in ("https://example.org:8000", "http://proxy.example"):
        assert one.refusal({"Host": "127.0.0.1:5006", "Origin": origin}) is None
    assert one.refusal({"Host": "proxy.example"}) is None
    assert one.refusal({"Host": "127.0.0.1:5006", "Origin": "https://example.org"}) is not None
    assert one.refusal({"Host": "example.org:8001"}) is not None


def test_an_address_that_is_listened_to_is_a_name():
    assert guard("192.168.1.5").refusal({"Host": "192.168.1.5:5006"}) is None
    assert HOME.refusal({"Host": "192.168.1.5:5006"}) is not None


@pytest.mark.parametrize("address", ["0.0.0.0", "::", ""])
def test_on_every_interface_any_address_will_do_but_no_unknown_name(address):
    one = guard(address)
    assert one.refusal({"Host": "192.168.1.5:5006"}) is None
    assert one.refusal({"Host": "[fe80::1]:5006"}) is None
    assert one.refusal({"Host": "evil.example:5006"}) is not None


@pytest.mark.parametrize("origin", ["", "*", "*.example.org", "http://example.org/page", "a b:c", "http://x:port"])
def test_an_origin_is_a_host(origin):
    with pytest.raises(ParameterError, match="an origin is"):
        guard("127.0.0.1", [origin])
