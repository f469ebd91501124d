"""Who may ask: a Host that is ours, a page that is ours, and the token where one is set."""

import hmac
import ipaddress
from collections.abc import Iterable
from typing import Any

from escore_service.errors import RefusedError

LOCAL = ("localhost", "127.0.0.1", "[::1]")
OPEN = ("/", "/healthz", "/readyz", "/openapi.json")  # these, and /static/, are open without a token
CHANGES = ("POST", "PUT", "PATCH", "DELETE")


class Guard:
    """Checks a request before anything else looks at it.

    `hosts` are the names besides those of this machine by which the service may be called.
    """

    def __init__(self, token: str | None, hosts: Iterable[str]) -> None:
        self._token = None if token is None else f"Bearer {token}".encode()
        self._hosts = frozenset([*LOCAL, *map(host_name, hosts)])

    def check(self, environ: dict[str, Any]) -> None:
        """Raises RefusedError for a WSGI request: 400 for another host, 401 a wrong token, 403 another site's page."""
        host: str = environ.get("HTTP_HOST", "")
        if (name := _without_port(host)) not in self._hosts:
            # A page of another site may have its own name resolve to this machine, to read what it answers.
            raise RefusedError(400, f"{name[:80]!a} is no name of this service; allow it with --allow-host")
        if self._token is not None and not _is_open(environ["PATH_INFO"]):
            given: str = environ.get("HTTP_AUTHORIZATION", "")
            if not hmac.compare_digest(given.encode("latin-1"), self._token):
                raise RefusedError(401, "give the token, as Authorization: Bearer TOKEN", WWW_Authenticate="Bearer")
        if environ["REQUEST_METHOD"] in CHANGES:
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
    return path in OPEN or path.startswith("/static/")


def _check_origin(site: str | None, origin: str | None, host: str) -> None:
    """Browsers say where a request comes from; other clients say nothing."""
    if (site is not None and site not in ("same-origin", "none")) or (
        origin is not None and origin.partition("://")[2] != host
    ):
        raise RefusedError(403, "a page of another site may not ask this")
