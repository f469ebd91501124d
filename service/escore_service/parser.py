"""waitress' parser of requests, strict where two readings of a request would be possible."""

from waitress.parser import HTTPRequestParser, ParsingError  # type: ignore[import-untyped]
from waitress.utilities import BadRequest  # type: ignore[import-untyped]


class ExpectationFailedError(BadRequest):  # type: ignore[misc]
    """A client expects something that this service does not know."""

    code = 417
    reason = "Expectation Failed"


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """Refuses two lengths of one body (400), and unknown expectations (417); expects nothing where no body comes."""

    completed: bool
    expect_continue: bool

    def received(self, data: bytes) -> int:
        """Take a part of the request; returns how many bytes were a part of it."""
        consumed: int = super().received(data)
        if self.completed:
            # waitress would answer 100 (Continue), and wait for a body that does not come (RFC 9110, section 10.1.1).
            self.expect_continue = False
        elif self.headers_finished and self.version == "1.1" and self._expectation() != "100-continue":
            self.error = ExpectationFailedError("only 100-continue is known")
            self.expect_continue, self.completed = False, True
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Read the head. Raises ParsingError."""
        super().parse_header(header_plus)
        if self.chunked and "CONTENT_LENGTH" in self.headers:  # RFC 9112, section 6.1
            raise ParsingError("Transfer-Encoding and Content-Length cannot go together")
        if "TRANSFER_ENCODING" in self.headers:  # waitress keeps it only here (same section)
            raise ParsingError("Transfer-Encoding needs HTTP/1.1")

    def _expectation(self) -> str:
        expectation: str = self.headers.get("EXPECT", "100-continue")
        return expectation.lower()
