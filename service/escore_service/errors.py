"""A request that is refused: a status, one line for a person, and where it helps the field that is wrong."""

from escore import EscoreError


class RefusedError(EscoreError, ValueError):
    """A request that gets no answer but this: an HTTP `status`, a message of one line, and more headers."""

    def __init__(self, status: int, message: str, field: str | None = None, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.field = field
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def content(self) -> dict[str, str]:
        """What the answer's JSON says: {"error"} and, where one field is to blame, {"field"}."""
        return {"error": str(self)} | ({"field": self.field} if self.field else {})


class LeftError(EscoreError, ConnectionError):
    """A client that has closed its connection before its answer was there."""
