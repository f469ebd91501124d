"""The address that the service listens on."""

import errno
import ipaddress
import socket

from escore import EscoreError


class ListenError(EscoreError, OSError):
    """An address that cannot be listened on."""


def listen(host: str, port: int) -> socket.socket:
    """A TCP socket that listens on an address of this machine; port 0 is any that is free. Raises ListenError."""
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise ListenError(f"host {host}: not known", "give an address of this machine") from error
    family, kind, protocol, _, address = min(addresses, key=lambda info: info[0] != socket.AF_INET)
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # else a port stays taken for a minute
        listener.bind(address)
        listener.listen()
    except OSError as error:
        listener.close()
        raise ListenError(*_reason(host, port, error)) from error
    return listener


def is_loopback(listener: socket.socket) -> bool:
    """Whether only this machine reaches it."""
    return ipaddress.ip_address(listener.getsockname()[0].partition("%")[0]).is_loopback


def names(host: str, listener: socket.socket) -> list[str]:
    """What clients may call it besides the address that they reach: `host`, or, if it is all, this machine's name."""
    address = listener.getsockname()[0]
    if not ipaddress.ip_address(address.partition("%")[0]).is_unspecified:
        return [host]
    return [host, socket.gethostname()]


def url(host: str, listener: socket.socket) -> str:
    """Where a browser on this machine finds it."""
    address, port = listener.getsockname()[:2]
    if ipaddress.ip_address(address.partition("%")[0]).is_unspecified:
        host = "localhost"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _reason(host: str, port: int, error: OSError) -> tuple[str, str]:
    """Problem and advice."""
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is taken", "give another with --port, or 0 for any"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"host {host}: not an address of this machine", "give one that is"
    if error.errno == errno.EACCES:
        return f"port {port} of {host} needs more rights", "give a port from 1024 on"
    return f"port {port} of {host}: {error.strerror or error}", ""
