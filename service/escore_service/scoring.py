"""POST /v1/score: waits for a slot, reads the texts, scores them and writes the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Request, Response, g

from escore import CancelledError, Document, Scorer
from escore_service import body, serialize
from escore_service.current_model import CurrentModel
from escore_service.limits import Limits
from escore_service.metrics import Metrics
from escore_service.query import json_query, text_query
from escore_service.queue import ScoringQueue
from escore_service.schemas import Query

if TYPE_CHECKING:
    from escore_service.watch import Watcher

PAGE = "same-origin"  # what browsers say of a request by the service's own page, where somebody may still be typing
# Up to so many characters are scored in the thread of the request, at once; more by the scorer's own threads.
SHORT = 4096


@dataclass(frozen=True, slots=True)
class Scoring:
    """Scores the texts of requests, each in a slot of the queue."""

    model: CurrentModel
    limits: Limits
    queue: ScoringQueue
    metrics: Metrics
    watcher: "Watcher | None" = None

    def answer(self, request: Request) -> Response:
        """The scores of a request's texts. Raises RefusedError, RequestEntityTooLarge and CancelledError."""
        length = body.length(request, self.limits.body)
        gone = request.environ.get("waitress.client_disconnected", _never)
        with self.queue.slot(length is None or length > SHORT, gone):
            query = self._read(request)
            scorer = self.model.scorer  # the same to the end, whatever comes into use meanwhile
            documents = _score(scorer, query.all_texts, gone)
            parts = serialize.scores(scorer.bundle.manifest, documents, query)
        g.words = self.metrics.count_scores(documents)
        if self.watcher is not None and request.headers.get("Sec-Fetch-Site") != PAGE:
            self.watcher.add(documents, scorer)
        return Response(parts, content_type="application/json")

    def _read(self, request: Request) -> Query:
        content, arguments = body.read(request, body.JSON, body.TEXT), request.args.lists()
        if request.mimetype == body.JSON:
            return json_query(body.json_object(content), arguments, self.limits.texts)
        return text_query(body.utf8(content), arguments)


def _score(scorer: Scorer, texts: list[str], gone: Callable[[], bool]) -> list[Document]:
    if sum(map(len, texts)) > SHORT:
        return list(scorer.stream(texts, cancelled=gone))
    documents = []
    for text in texts:
        if gone():
            raise CancelledError("the client has disconnected")
        documents.append(scorer(text))
    return documents


def _never() -> bool:
    return False  # other servers than waitress do not tell
