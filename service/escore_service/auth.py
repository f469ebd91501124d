"""Who may ask: clients that use a name of this service, its own pages, and those who have the token, if one is set."""

import hmac
import ipaddress
import re
from collections.abc import Iterable
from typing import Any

from escore import InputTypeError, SettingError
from escore_service.errors import RefusedError

LOCAL_ADDRESS = "escore.local_address"  # key of a WSGI environ: the address of this machine that a client reached
LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
PROBE_PATHS = ("/healthz", "/readyz")  # asked by address, and tell nothing
OPEN_PATHS = ("", "/", "/review", *PROBE_PATHS, "/openapi.json")  # these, and /static/, need no token
UNSAFE_METHODS = ("POST", "PUT", "PATCH", "DELETE")
PORTS = {"http": "80", "https": "443"}

# RFC 9112, section 3.2, without what no name of a machine has: a name, or an address, and perhaps a port.
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[\w.-]+)(?::(?P<port>[0-9]*))?", re.ASCII)
_PROXY = "a proxy must pass the Host on as it is, with the port; nginx: proxy_set_header Host $http_host"


class Auth:
    """Checks each request before anything else looks at it.

    token: secret that clients must give, visible ASCII without spaces; None if there is none.
    hosts: names by which the service may be called, besides those of this machine.
    Raises SettingError for another token or name, InputTypeError for one string instead of several.
    """

    def __init__(self, token: str | None, hosts: Iterable[str]) -> None:
        if isinstance(hosts, str):
            raise InputTypeError(f"hosts is the string {hosts!r}", f"give a list of names: [{hosts!r}]")
        self._token = None if token is None else checked_token(token).encode()
        self._hosts = frozenset([*LOCAL_HOSTS, *map(host_name, hosts)])

    def check(self, environ: dict[str, Any]) -> None:
        """Raises RefusedError for a WSGI request: 400 another host, 401 a wrong token, 403 another site's page."""
        host, path = environ.get("HTTP_HOST", ""), environ.get("PATH_INFO", "")
        if path not in PROBE_PATHS and not self._is_ours(host, environ.get(LOCAL_ADDRESS)):
            # A page of another site may have its own name resolve to this machine, to read what it answers.
            name = _name_and_port(host)[0] or host
            raise RefusedError(400, f"{name[:80]!a} is not a name of this service", "allow it with --allow-host")
        if self._token is not None and not (path in OPEN_PATHS or path.startswith("/static/")):
            scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")  # RFC 9110, section 11.4
            known = hmac.compare_digest(token.strip(" ").encode("latin-1"), self._token)
            if not known or scheme.lower() != "bearer":
                advice, headers = "give it as Authorization: Bearer TOKEN", {"WWW-Authenticate": "Bearer"}
                raise RefusedError(401, "the token is missing or wrong", advice, headers=headers)
        if environ["REQUEST_METHOD"] in UNSAFE_METHODS:
            _check_origin(environ.get("HTTP_SEC_FETCH_SITE"), environ.get("HTTP_ORIGIN"), host)

    def _is_ours(self, host: str, local_address: str | None) -> bool:
        """Whether a Host names this service: by a name of its own, or by the address that the client reached."""
        name, _ = _name_and_port(host)
        return name in self._hosts or (local_address is not None and name == _address(local_address))


def checked_token(token: str) -> str:
    """A token that a header can hold. Raises SettingError."""
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise SettingError("the token is empty or holds other characters", "use visible ASCII characters, no spaces")
    return token


def host_name(host: str) -> str:
    """A host as a Host header names it, without a port: lower case, brackets around an IPv6 address.

    Raises SettingError for what is none, such as a URL.
    """
    name = _address(host) or _name_and_port(host)[0]
    if not name:
        raise SettingError(f"{host!r} is not the name of a host", "give one such as example.org, without http:// and /")
    return name


def _name_and_port(host: str) -> tuple[str, str]:
    """Name, in the form that host_name gives it, and port of a Host; two empty strings if it is none."""
    if (match := _HOST.fullmatch(host)) is None:
        return "", ""
    name = match["name"].lower()
    return (_address(name[1:-1]) if name.startswith("[") else name), match["port"] or ""


def _address(text: str) -> str:
    """An address as a Host header names it, without the zone of an IPv6 address; "" if it is none."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or f"[{address}]")  # a socket for both shows IPv4 addresses as mapped ones
    return str(address)


def _check_origin(site: str | None, origin: str | None, host: str) -> None:
    """Raise RefusedError (403) for the page of another site.

    Browsers say whose page sends a request; other clients say nothing. Sec-Fetch-Site compares what the browser shows
    and asks, so it is right behind any proxy, but is sent only to HTTPS and to this machine.
    """
    if site == "same-origin":
        return
    if site not in (None, "none"):
        raise RefusedError(403, "pages of other sites may not send this")
    if origin is not None and not _is_origin_of(origin, host):
        raise RefusedError(403, "pages of other sites may not send this", _PROXY)


def _is_origin_of(origin: str, host: str) -> bool:
    """Whether an Origin has the name and port of a Host. Behind a proxy its scheme may be another than ours."""
    scheme, _, authority = origin.partition("://")
    name, port = _name_and_port(authority)
    host_name, host_port = _name_and_port(host)
    default = PORTS.get(scheme.lower(), "")
    return bool(name) and name == host_name and (port or default) == (host_port or default)
