"""A request to score: its turn, the texts of its body, their scores, and the answer's JSON."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from werkzeug.http import parse_options_header

from escore import Document, Scorer
from escore_service import query
from escore_service import serialize as answer
from escore_service.errors import LeftError, RefusedError
from escore_service.limits import Limits
from escore_service.metrics import Metrics
from escore_service.query import Query
from escore_service.queue import Turns

# Up to so many characters are scored in the thread of the request, at once; more by the scorer's own threads, which
# look after each 4096 characters whether the client is still there.
SHORT = 4096
TOO_LARGE = "the body is larger than this service takes; GET /v1/model says how large it may be"


@dataclass(frozen=True, slots=True)
class Scoring:
    """What scores requests, one turn each."""

    scorer: Scorer
    limits: Limits
    turns: Turns
    metrics: Metrics

    def answer(self, environ: dict[str, Any]) -> list[bytes]:
        """The scores that a WSGI request asks for. Raises RefusedError, and LeftError when its client has gone."""
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > self.limits.body:
            raise RefusedError(413, TOO_LARGE)
        gone = environ.get("waitress.client_disconnected", _never)
        with self.turns.turn(length > SHORT, gone):
            asked = self._read(environ, length)
            documents = self._score(asked.texts, gone)
            pieces = answer.scored(self.scorer.bundle.manifest, documents, asked)
        self.metrics.count_words(len(documents), sum(len(document.scores) for document in documents))
        return pieces

    def _read(self, environ: dict[str, Any], length: int) -> Query:
        kind, options = parse_options_header(environ.get("CONTENT_TYPE"))
        if kind not in ("application/json", "text/plain"):
            raise RefusedError(415, "Content-Type must be application/json or text/plain")
        if (charset := options.get("charset", "utf-8")).lower() not in ("utf-8", "utf8"):
            raise RefusedError(415, f"charset {charset[:40]!a} is not known; send UTF-8")
        if "HTTP_CONTENT_ENCODING" in environ:
            raise RefusedError(415, "Content-Encoding is not known; send the body as it is")
        arguments = parse_qs(environ.get("QUERY_STRING"), keep_blank_values=True)
        body = self._body(environ, length)
        if kind == "application/json":
            return query.from_json(body, arguments, self.limits.texts)
        return query.from_text(body, arguments)

    def _body(self, environ: dict[str, Any], length: int) -> bytes:
        if length or not environ.get("wsgi.input_terminated"):
            body: bytes = environ["wsgi.input"].read(length)
            return body
        body = environ["wsgi.input"].read(self.limits.body + 1)  # of a length that only its end tells
        if len(body) > self.limits.body:
            raise RefusedError(413, TOO_LARGE)
        return body

    def _score(self, texts: list[str], gone: Callable[[], bool]) -> list[Document]:
        if sum(map(len, texts)) <= SHORT:
            return [self.scorer(text) for text in _while_there(texts, gone)]

        def look(_: int) -> None:
            if gone():
                raise LeftError("the client has left")

        return list(self.scorer.stream(texts, progress=look))


def _while_there(texts: list[str], gone: Callable[[], bool]) -> Iterator[str]:
    for number, text in enumerate(texts):
        if number and gone():
            raise LeftError("the client has left")
        yield text


def _never() -> bool:
    return False  # other servers than waitress do not tell
