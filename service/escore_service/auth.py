"""Who may ask: clients that use a name of this service, its own pages, and those who have the token, if one is set."""

import hmac
import ipaddress
from collections.abc import Iterable
from typing import Any

from escore_service.errors import RefusedError

LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
OPEN_PATHS = ("/", "/healthz", "/readyz", "/openapi.json")  # these, and /static/, need no token
UNSAFE_METHODS = ("POST", "PUT", "PATCH", "DELETE")


class Auth:
    """Checks each request before anything else looks at it.

    token: secret that clients must give; None if there is none.
    hosts: names by which the service may be called, besides those of this machine.
    """

    def __init__(self, token: str | None, hosts: Iterable[str]) -> None:
        self._token = None if token is None else f"Bearer {token}".encode()
        self._hosts = frozenset([*LOCAL_HOSTS, *map(host_name, hosts)])

    def check(self, environ: dict[str, Any]) -> None:
        """Raises RefusedError for a WSGI request: 400 another host, 401 a wrong token, 403 another site's page."""
        host: str = environ.get("HTTP_HOST", "")
        if (name := _without_port(host)) not in self._hosts:
            # A page of another site may have its own name resolve to this machine, to read what it answers.
            raise RefusedError(400, f"{name[:80]!a} is not a name of this service", "allow it with --allow-host")
        if self._token is not None and not _is_open(environ["PATH_INFO"]):
            authorization: str = environ.get("HTTP_AUTHORIZATION", "")
            if not hmac.compare_digest(authorization.encode("latin-1"), self._token):
                advice, headers = "give it as Authorization: Bearer TOKEN", {"WWW-Authenticate": "Bearer"}
                raise RefusedError(401, "the token is missing or wrong", advice, headers=headers)
        if environ["REQUEST_METHOD"] in UNSAFE_METHODS:
            _check_origin(environ.get("HTTP_SEC_FETCH_SITE"), environ.get("HTTP_ORIGIN"), host)


def host_name(host: str) -> str:
    """A host as a Host header names it, without a port: lower case, brackets around an IPv6 address."""
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return _without_port(host)
    return f"[{host}]".lower()


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() else host).lower()


def _is_open(path: str) -> bool:
    return path in OPEN_PATHS or path.startswith("/static/")


def _check_origin(site: str | None, origin: str | None, host: str) -> None:
    """Browsers say which site's page sends a request; other clients say nothing."""
    if (site is not None and site not in ("same-origin", "none")) or (
        origin is not None and origin.partition("://")[2] != host
    ):
        raise RefusedError(403, "pages of other sites may not send this")
