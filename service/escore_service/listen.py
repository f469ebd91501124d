"""An address to listen on, and one line where it cannot be had."""

import errno
import ipaddress
import socket
from contextlib import suppress

from escore import EscoreError


class ListenError(EscoreError, OSError):
    """An address that cannot be listened on."""


def listen(host: str, port: int) -> socket.socket:
    """A TCP socket that listens on an address of this machine; port 0 is any that is free. Raises ListenError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise ListenError(f"host {host}: not known; give an address of this machine") from error
    family, kind, protocol, _, address = min(found, key=lambda each: each[0] != socket.AF_INET)
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # else a port is taken for a minute after use
        listening.bind(address)
        listening.listen()
    except OSError as error:
        listening.close()
        raise ListenError(_why_not(host, port, error)) from error
    return listening


def is_loopback(listening: socket.socket) -> bool:
    """Whether only this machine reaches it."""
    return ipaddress.ip_address(listening.getsockname()[0].partition("%")[0]).is_loopback


def names(host: str, listening: socket.socket) -> list[str]:
    """What a client may call it: the host as given and its address, or, where it listens on all, this machine's."""
    address = listening.getsockname()[0]
    found = [host, address]
    if ipaddress.ip_address(address.partition("%")[0]).is_unspecified:
        found.append(socket.gethostname())
        with suppress(OSError):  # a machine need not know its own name
            found += [str(each[4][0]) for each in socket.getaddrinfo(socket.gethostname(), None)]
    return found


def url(host: str, listening: socket.socket) -> str:
    """Where a browser on this machine finds it."""
    address, port = listening.getsockname()[:2]
    if ipaddress.ip_address(address.partition("%")[0]).is_unspecified:
        host = "localhost"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is taken; give another with --port, or 0 for any"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"host {host}: not an address of this machine; give one that is"
    if error.errno == errno.EACCES:
        return f"port {port} of {host} is not open to you; give one from 1024 on"
    return f"port {port} of {host}: {error.strerror or error}"
