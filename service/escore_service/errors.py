"""The error that refuses a request."""

from collections.abc import Mapping

from escore import EscoreError

NO_HEADERS: Mapping[str, str] = {}


class RefusedError(EscoreError, ValueError):
    """A request that is refused with an HTTP `status`.

    field: name of the field that is wrong, where one is, such as "texts[3]".
    headers: further headers of the answer.
    """

    def __init__(
        self, status: int, problem: str, advice: str = "", field: str = "", headers: Mapping[str, str] = NO_HEADERS
    ) -> None:
        super().__init__(problem, advice)
        self.status = status
        self.field = field
        self.headers = headers

    def content(self) -> dict[str, str]:
        """The answer's JSON: {"error"} and, where one field is wrong, {"field"}."""
        return {"error": str(self)} | ({"field": self.field} if self.field else {})
