"""The file that holds the service's token."""

import os
import stat
from pathlib import Path

from escore import EscoreError, SettingError
from escore_service.auth import checked_token

MAX_BYTES = 4096  # no more is read of a file given by mistake


class TokenFileError(EscoreError, OSError):
    """A file of a token that cannot be used."""


def read_token(path: Path) -> str:
    """The token in a file, without the line end behind it.

    Nobody but its owner may read the file; one that another user owns, as those that systemd hands to a service, may be
    readable for its group. Raises TokenFileError.
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            content = file.read(MAX_BYTES)
    except OSError as error:
        raise TokenFileError(f"{path}: {error.strerror}", "give a file that holds the token") from error
    others = stat.S_IRWXO | (stat.S_IRWXG if hasattr(os, "getuid") and status.st_uid == os.getuid() else 0)
    if os.name == "posix" and status.st_mode & others:
        raise TokenFileError(f"{path}: other users may read the token", f"chmod 600 {path}")
    try:
        return checked_token(content.decode("utf-8", "replace").removesuffix("\n").removesuffix("\r"))
    except SettingError as error:
        raise TokenFileError(f"{path}: {error.problem}", error.advice) from error
