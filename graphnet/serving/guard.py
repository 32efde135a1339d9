"""Who is answered: pages of this server, asked for by a name that is its own; nobody else's pages."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..errors import ParameterError

LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))
ANY = frozenset(("", "0.0.0.0", "::"))
"""Addresses that mean every interface."""


@dataclass(frozen=True)
class Guard:
    """What a request has to say of itself.

    ``names``: the hosts that it may ask for, of which a page elsewhere that points its own name here (DNS rebinding) is
    none. ``origins``: other origins, as ``host:port``, whose pages may ask. ``anywhere``: the server listens to every
    interface, so that any address will do, but still no unknown name.
    """

    names: frozenset[str]
    origins: frozenset[str] = frozenset()
    anywhere: bool = False

    def refusal(self, headers: Mapping[str, str]) -> str | None:
        """Why a request with these headers is refused, or None."""
        host = headers.get("Host", "")
        if not self._known(host):
            return f"this server is not {host[:80]!r}: allow it with --allow-origin if it is"
        origin = headers.get("Origin")
        if origin is not None:
            own = urlsplit(origin).netloc.lower() == host.lower() and origin.partition("://")[0] in ("http", "https")
            return None if own or self._allowed(origin) else f"pages from {origin[:80]!r} are not answered"
        if headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):  # a link may lead here, a part of a page not
            leads = headers.get("Sec-Fetch-Mode") == "navigate" and headers.get("Sec-Fetch-Dest") == "document"
            return None if leads else "pages of others do not get this as a part of theirs"
        return None

    def _known(self, host: str) -> bool:
        name = host_name(host)
        return name in self.names or (self.anywhere and _is_address(name)) or host.lower() in self.origins

    def _allowed(self, origin: str) -> bool:
        return urlsplit(origin).netloc.lower() in self.origins


def guard(address: str, allow_origin: Iterable[str] = ()) -> Guard:
    """The guard of a server at an address. Raises ParameterError for an origin that is none."""
    anywhere = address in ANY
    names = {*LOOPBACK} if anywhere or address in LOOPBACK else {*LOOPBACK, address.lower()}
    if anywhere:
        names.add(socket.gethostname().lower())
    return Guard(frozenset(names), frozenset(_origin(one) for one in allow_origin), anywhere)


def _origin(text: str) -> str:
    """``host:port`` of an origin, written with its scheme or without."""
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        _ = parts.port
        if parts.hostname and "*" not in text and parts.path in ("", "/") and not parts.query:
            return parts.netloc.lower()
        wrong = None
    except ValueError as error:
        wrong = error
    raise ParameterError(
        f"an origin is HOST:PORT or SCHEME://HOST:PORT, got {text!r}",
        parameter="allow_origin",
        hint="e.g. --allow-origin https://example.org:8000",
    ) from wrong


def host_name(host: str) -> str:
    """The name in a Host header, without its port; of an address of IPv6 without brackets; empty where it is none.

    >>> host_name("localhost:5006"), host_name("[::1]:5006"), host_name("a@b"), host_name("x:y")
    ('localhost', '::1', '', '')
    """
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return ""
    plain = parts.netloc == host and "@" not in host and not any(one.isspace() for one in host)
    return parts.hostname or "" if plain else ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
